import { Frontiers, type Job, type JobSummary, Project, Records, ScrapyCloud } from 'tideway';
import type { SeedJob } from 'tideway/emulator';
import { expect } from 'vitest';
import { key, record, stats } from './migrating-data.ts';
import type { SectionCheck } from './migrating-guide.ts';
import type { World } from './migrating-world.ts';

const project = 1111111;

function many(count: number, job: SeedJob = { spider: 'foo' }): SeedJob[] {
  return Array.from({ length: count }, () => job);
}

/** A server with these jobs, and the variables that the document has had since its beginning. */
function serve(jobs: readonly SeedJob[], more: object = {}): (world: World) => Promise<void> {
  return async (world) => {
    await world.serve({ projects: [project], seed: { user: 'John', jobs, ...more } });
    const hc = world.client();
    Object.assign(world.scope, { hc, project: hc.getProject(project), job: hc.getJob(`${project}/1/1`) });
  };
}

/** The keys of a sequence of jobs. */
function keys(expected: readonly string[]): (value: unknown) => Promise<void> {
  return async (value) => {
    const found = await (value as Records<JobSummary>).toArray();
    expect(found.map((job) => job.key)).toEqual(expected);
  };
}

const jobs = (...numbers: number[]): string[] => numbers.map((number) => `${project}/1/${number}`);
const slotOf = ({ scope }: World) => (scope.frontiers as Frontiers).get('test').get('example.com');

export const hubstorage: readonly SectionCheck[] = [
  {
    heading: 'Usage',
    before: async (world) => {
      world.now = 1446222762611;
      await serve([])(world);
    },
    rows: [
      ['from hubstorage import HubstorageClient', ScrapyCloud],
      ["hc = HubstorageClient(auth='apikey')", expect.any(ScrapyCloud)],
      ['hc.server_timestamp()', 1446222762611],
    ],
  },
  {
    heading: 'Project',
    before: serve(many(6), { settings: { botgroups: ['botgroup1'] } }),
    rows: [
      ["project = hc.get_project('1111111')", expect.any(Project)],
      ["project.settings['botgroups']", ['botgroup1']],
      [
        'project.jobsummary()',
        expect.objectContaining({ finished: 6, has_capacity: true, pending: 0, project, running: 0 }),
      ],
    ],
  },
  {
    heading: 'Spider',
    before: serve([...many(2), ...many(1, { spider: 'bar' })]),
    rows: [
      ["project.ids.spider('foo')", 1],
      ['summaries = project.spiders.lastjobsummary(count=3)', keys([...jobs(2), `${project}/2/1`])],
      [
        "summary = project.spiders.lastjobsummary(spiderid='1')",
        expect.objectContaining({ key: `${project}/1/2`, spider: 'foo' }),
      ],
    ],
  },
  {
    heading: 'Job',
    before: serve(many(1)),
    rows: [
      ["job = hc.get_job('1111111/1/1')", expect.objectContaining({ key: '1111111/1/1' })],
      ['job.key', '1111111/1/1'],
      ["job.metadata['state']", 'finished'],
      [
        "job = hc.push_job(projectid='1111111', spidername='foo')",
        async (job: Job) => expect(await job.metadata.get('state')).toBe('pending'),
        serve([]),
      ],
      ['job.key', '1111111/1/1'],
      [
        "job = project.push_job(spidername='foo', priority=4)",
        async (job: Job) => expect(await job.metadata.get('spider')).toBe('foo'),
      ],
      ["job.metadata['priority']", 4],
      [
        "project.push_job(spidername='foo', spider_args={'arg1': 'foo', 'arg2': 'bar'})",
        async (job: Job) => expect(await job.metadata.get('spider_args')).toEqual({ arg1: 'foo', arg2: 'bar' }),
      ],
      ['job.request_cancel()', true, ({ scope }) => (scope.job as Job).start()],
      ["job.metadata['cancelled_by']", 'John'],
      ['job.purged()', 'running'],
      ["job.metadata['state']", 'deleted'],
    ],
  },
  {
    heading: 'Job details',
    before: serve([{ spider: 'foo', meta: { version: '5123a86-master', scrapystats: stats } }]),
    rows: [
      ["job = hc.get_job('1111111/1/1')", expect.objectContaining({ key: '1111111/1/1' })],
      ["job.metadata['version']", '5123a86-master'],
      ["job.metadata['scrapystats']", stats],
      [
        "job.update_metadata({'tags': 'obsolete'})",
        async (_: unknown, { scope }: World) =>
          expect(await (scope.job as Job).metadata.list()).toEqual(
            expect.arrayContaining([
              ['tags', ['obsolete']],
              ['version', '5123a86-master'],
            ]),
          ),
      ],
    ],
  },
  {
    heading: 'Jobs',
    before: serve(many(3, { spider: 'foo', meta: { scheduled_by: 'John' } })),
    rows: [
      ['jobs_metadata = project.jobq.list()', expect.any(Records)],
      ["[j['key'] for j in jobs_metadata]", ['1111111/1/3', '1111111/1/2', '1111111/1/1']],
      ['metadata = next(project.jobq.list())', expect.objectContaining({ key: '1111111/1/3' })],
      ["metadata.get('spider', 'missing')", 'foo'],
      ["jobs_metadata = project.jobq.list(jobmeta=['scheduled_by', ])", expect.any(Records)],
      ['metadata = next(jobs_metadata)', expect.objectContaining({ key: '1111111/1/3' })],
      ["metadata.get('scheduled_by', 'missing')", 'John'],
      ["metadata.get('spider', 'missing')", 'missing'],
      ['jobs_metadata = project.jobq.list(start=1000)', keys(jobs(3, 2, 1)), serve(many(1003))],
      [
        "jobs_metadata = project.jobq.list(has_tag=['new', 'verified'], lacks_tag='obsolete')",
        keys(jobs(4, 2)),
        serve([
          { spider: 'foo', meta: { tags: ['new', 'obsolete'] } },
          { spider: 'foo', meta: { tags: ['new'] } },
          { spider: 'foo', meta: { tags: ['other'] } },
          { spider: 'foo', meta: { tags: ['verified', 'other'] } },
        ]),
      ],
      [
        "jobs_metadata = project.jobq.list(spider='foo', state='finished', count=3)",
        keys(jobs(4, 3, 2)),
        serve([...many(4), { spider: 'bar' }, { spider: 'foo', state: 'running' }]),
      ],
    ],
  },
  {
    heading: 'Items and logs',
    before: serve([
      {
        spider: 'foo',
        items: [{ name: 'a' }, { name: 'b' }],
        logs: Array.from({ length: 12 }, (_, n) => ({ message: `line ${n}`, level: 20, time: n })),
      },
    ]),
    rows: [
      ['items = job.items.iter_values()', expect.any(Records)],
      ['for item in items:', [{ name: 'a' }, { name: 'b' }]],
      ['logs = job.logs.iter_values(count=10)', expect.any(Records)],
      ['for log in logs:', Array.from({ length: 10 }, (_, n) => ({ message: `line ${n}`, level: 20, time: n }))],
    ],
  },
  {
    heading: 'Collections',
    before: serve([]),
    rows: [
      ['collections = project.collections', (value: unknown) => expect(value).toHaveProperty('getStore')],
      ["foo_store = collections.new_store('foo_store')", expect.objectContaining({ type: 's', name: 'foo_store' })],
      [`foo_store.set({'_key': '${key}', 'value': '1447221694537'})`, undefined],
      ['foo_store.count()', 1],
      [`foo_store.get('${key}')`, { value: '1447221694537' }],
      ['for result in foo_store.iter_values():', [record]],
      [`foo_store.delete('${key}')`, undefined],
      ['foo_store.count()', 0],
    ],
  },
  {
    heading: 'Frontier',
    before: serve([]),
    rows: [
      ['frontier = project.frontier', expect.any(Frontiers)],
      ["frontier.add('test', 'example.com', [{'fp': '/some/path.html'}])", undefined],
      ['frontier.flush()', undefined],
      ['frontier.newcount', 1],
      [
        "frontier.add('test', 'example.com', [{'fp': '/'}, {'fp': 'page1.html', 'p': 1, 'qdata': {'depth': 1}}])",
        undefined,
      ],
      ['frontier.flush()', undefined],
      // All that were new, not those of the last call.
      ['frontier.newcount', 3],
      [
        "frontier.delete_slot('test', 'example.com')",
        async (_: unknown, world: World) => expect(await slotOf(world).queue.list()).toEqual([]),
      ],
      [
        "reqs = frontier.read('test', 'example.com')",
        async (value: unknown) =>
          expect(await (value as Records<unknown>).toArray()).toEqual([
            { id: expect.any(String), requests: [['/', null]] },
            { id: expect.any(String), requests: [['page1.html', { depth: 1 }]] },
          ]),
        async (world) => {
          const slot = slotOf(world);
          await slot.queue.add([{ fp: '/' }, { fp: 'page1.html', p: 1, qdata: { depth: 1 } }]);
          await slot.flush();
        },
      ],
      [
        "frontier.delete('test', 'example.com', '00013967d8af7b0001')",
        async (_: unknown, world: World) => expect(await slotOf(world).queue.list()).toHaveLength(1),
        async (world) => {
          const [batch] = await slotOf(world).queue.list();
          world.replaced.set('00013967d8af7b0001', batch?.id ?? '');
        },
      ],
      ["fps = [req['requests'] for req in frontier.read('test', 'example.com')]", [[['page1.html', { depth: 1 }]]]],
    ],
  },
];
