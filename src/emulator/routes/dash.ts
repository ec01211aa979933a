import { type Answer, dashJson } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import { formOf, integerField, objectField, requiredField } from '../form.ts';
import { isJobState, type JobState } from '../job.ts';
import { activeWithArguments } from '../job-actions.ts';
import type { Project } from '../project.ts';
import { Refusal } from '../refusal.ts';
import type { Spider } from '../spider.ts';
import { changeTags } from '../tags.ts';

/** The fields of a run that are no arguments of the spider. */
const runFields: ReadonlySet<string> = new Set([
  'project',
  'spider',
  'jobq_id',
  'add_tag',
  'priority',
  'units',
  'meta',
  'job_settings',
  'environment',
  'cmd_args',
  'apikey',
]);

/** What `meta` of a run cannot set: the state is taken apart, the others are no metadata. */
const reservedMeta: ReadonlySet<string> = new Set(['state', 'key', 'auth', '_key']);

function listProjects(exchange: Exchange): Answer {
  return dashJson({ projects: exchange.world.projects.map((project) => project.id), status: 'ok' });
}

function listSpiders(exchange: Exchange): Answer {
  const project = exchange.projectOf(requiredField(exchange.query, 'project'));
  const names = exchange.query.getAll('spider');
  const spiders = project.spiders
    .filter((spider) => spider.isRegistered && (names.length === 0 || names.includes(spider.name)))
    .map(({ version, tags, name, type }) => ({ version, tags, id: name, type }));
  return dashJson({ spiders, status: 'ok' });
}

function spiderToRun(project: Project, form: URLSearchParams): Spider {
  const id = form.get('jobq_id');
  const name = form.get('spider') ?? (id === null ? requiredField(form, 'spider') : `with id ${id}`);
  const spider = id === null ? project.spider(name) : project.spiderOf(Number(id));
  if (spider === undefined) throw new Refusal(400, `spider ${name.slice(0, 200)} does not exist`);
  return spider;
}

function stateOfMeta(meta: Readonly<Record<string, unknown>>): JobState {
  const state = meta.state ?? 'pending';
  if (!isJobState(state)) throw new Refusal(400, 'meta has an unknown state');
  return state;
}

async function run(exchange: Exchange): Promise<Answer> {
  const { world, runner, url } = exchange;
  const form = await formOf(exchange);
  const project = exchange.projectOf(requiredField(form, 'project'));
  const spider = spiderToRun(project, form);
  const given = Object.fromEntries([...form].filter(([name]) => !runFields.has(name)));
  const meta = objectField(form, 'meta') ?? {};
  const state = stateOfMeta(meta);
  const fields = new Map<string, unknown>([
    ['tags', changeTags([], form.getAll('add_tag'), [])],
    ['spider_type', spider.type],
    ['priority', integerField(form, 'priority', 0, 4) ?? 2],
    ['units', integerField(form, 'units', 1, 1_000_000) ?? 1],
    ['api_url', `${url.origin}/api/`],
    ['portia_url', `${url.origin}/portia/`],
    ['portia_stack_version', 'latest'],
  ]);
  if (spider.version !== null) fields.set('version', spider.version);
  if (Object.keys(given).length > 0) fields.set('spider_args', given);
  for (const name of ['job_settings', 'environment']) {
    const value = objectField(form, name);
    if (value !== undefined) fields.set(name, value);
  }
  const commandArguments = form.get('cmd_args');
  if (commandArguments !== null && commandArguments !== '') fields.set('cmd_args', commandArguments);
  for (const [name, value] of Object.entries(meta)) if (!reservedMeta.has(name)) fields.set(name, value);
  if (activeWithArguments(project, spider, given) !== undefined) {
    spider.nextJob += 1;
    throw new Refusal(400, `${spider.name} already scheduled`);
  }
  const job = world.createJob(project, spider, state, fields);
  runner.schedule(job);
  return dashJson({ status: 'ok', jobid: job.key });
}

function readSettings(exchange: Exchange): Answer {
  return dashJson(Object.fromEntries(exchange.projectOf(requiredField(exchange.query, 'project')).settings));
}

/** Dash: projects with their settings, spiders and runs. */
export const dashRoutes: readonly Route[] = [
  { method: 'GET', path: 'scrapyd/listprojects.json', backend: 'dash', handler: listProjects },
  { method: 'GET', path: 'spiders/list.json', backend: 'dash', handler: listSpiders },
  { method: 'POST', path: 'run.json', backend: 'dash', handler: run },
  { method: 'POST', path: 'schedule.json', backend: 'dash', handler: run },
  { method: 'GET', path: 'settings/get.json', backend: 'dash', handler: readSettings },
];
