import {
  Frontier,
  FrontierSlot,
  Frontiers,
  Job,
  type JobSummary,
  Project,
  Records,
  ScrapyCloud,
  Spider,
} from 'tideway';
import type { Seed, SeedJob } from 'tideway/emulator';
import { expect } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { key, record, stats } from './migrating-data.ts';
import type { RowCheck, SectionCheck } from './migrating-guide.ts';
import type { World } from './migrating-world.ts';

const spiders = [
  { name: 'spider1', version: '123' },
  { name: 'spider2', version: '123' },
];

function many(count: number, job: SeedJob = { spider: 'spider1' }): SeedJob[] {
  return Array.from({ length: count }, () => job);
}

/**
 * A server with these jobs, and the variables that the document has had since its beginning. Where it shows jobs of a
 * spider, these are those of the first one.
 */
function serve(jobs: readonly SeedJob[], more: Seed = {}, spider: string = 'spider1'): (world: World) => Promise<void> {
  return async (world) => {
    await world.serve({ projects: [123, 456], seed: { user: 'John', spiders, jobs, ...more } });
    const client = world.client();
    const project = client.getProject(123);
    const job = client.getJob('123/1/1');
    Object.assign(world.scope, { client, project, job, spider: await project.spiders.get(spider) });
  };
}

/** A job whose metadata has these fields. */
function jobWith(fields: object): (value: unknown) => Promise<void> {
  return async (value) => {
    expect(value).toBeInstanceOf(Job);
    expect(Object.fromEntries(await (value as Job).metadata.list())).toMatchObject(fields);
  };
}

/** A sequence of these records. */
function records(expected: unknown): (value: unknown) => Promise<void> {
  return async (value) => expect(await (value as Records<unknown>).toArray()).toEqual(expected);
}

function keys(...expected: string[]): (value: unknown) => Promise<void> {
  return records(expected.map((one) => expect.objectContaining({ key: one })));
}

async function tagsOf({ scope }: World): Promise<unknown[]> {
  const jobs = await (scope.spider as Spider).jobs.list();
  return jobs.map(({ tags = [] }) => tags);
}

/** A row of an exception: the error that a call rejects with. */
function exception(name: string, fail: (world: World, project: Project) => Promise<unknown>): RowCheck {
  return [
    `scrapinghub.${name}`,
    true,
    async (world) => {
      await serve(many(1))(world);
      world.scope.error = await rejection(fail(world, world.scope.project as Project));
    },
  ];
}

const log = { level: 20, message: '[scrapy.core.engine] Closing spider (finished)', time: 1482233733976 };
const request = {
  duration: 354,
  fp: '6d748741a927b10454c83ac285b002cd239964ea',
  method: 'GET',
  rs: 1270,
  status: 200,
  time: 1482233733870,
  url: 'https://example.com',
};
const sample = [1482233732452, 0, 0, 0, 0, 0];
const events = [
  { event: 'job:completed', job: '123/2/3', user: 'jobrunner' },
  { event: 'job:cancelled', job: '123/2/3', user: 'john' },
];
/** The summary of a job that ended with an error in its log. */
const last = {
  close_reason: 'success',
  errors: 1,
  finished_time: 1482911633089,
  logs: 8,
  pending_time: 1482911596566,
  running_time: 1482911598909,
  version: 'some-version',
};

const jobRows: readonly RowCheck[] = [
  ["job = project.jobs.get('123/1/2')", expect.any(Job)],
  ['job.key', '123/1/2'],
  ["job = client.get_job('123/1/2')", expect.objectContaining({ key: '123/1/2' })],
  ['job = spider.jobs.run()', jobWith({ spider: 'spider1', state: 'pending' })],
  [
    "job = spider.jobs.run(units=2, job_settings={'SETTING': 'VALUE'}, priority=1, add_tag=['tagA','tagB'], meta={'custom-data': 'val1'})",
    jobWith({
      units: 2,
      job_settings: { SETTING: 'VALUE' },
      priority: 1,
      tags: ['tagA', 'tagB'],
      'custom-data': 'val1',
    }),
    // The same run again is refused while the first one waits.
    ({ scope }) => (scope.job as Job).finish(),
  ],
  [
    "job = project.jobs.run('spider1')",
    jobWith({ spider: 'spider1', state: 'pending' }),
    ({ scope }) => (scope.job as Job).finish(),
  ],
  ['spider.jobs.count()', 5, serve(many(5))],
  ['jobs_summary = spider.jobs.iter()', expect.any(Records), serve(many(3))],
  ["[j['key'] for j in jobs_summary]", ['123/1/3', '123/1/2', '123/1/1']],
  [
    'for job in jobs_summary:',
    ['123/1/3', '123/1/2', '123/1/1'].map((one) => expect.objectContaining({ key: one, state: 'finished' })),
  ],
  ["[x['key'] for x in jobs_summary]", ['123/1/3', '123/1/2', '123/1/1']],
  [
    'job_summary = next(project.jobs.iter())',
    expect.objectContaining({ key: '123/1/2' }),
    serve(many(2, { spider: 'foo', meta: { scheduled_by: 'John' } }), { spiders: ['foo'] }, 'foo'),
  ],
  ["job_summary.get('spider', 'missing')", 'foo'],
  ["jobs_summary = project.jobs.iter(jobmeta=['scheduled_by'])", expect.any(Records)],
  ['job_summary = next(jobs_summary)', expect.objectContaining({ key: '123/1/2' })],
  ["job_summary.get('scheduled_by', 'missing')", 'John'],
  ["job_summary.get('spider', 'missing')", 'missing'],
  ['jobs_summary = spider.jobs.iter(start=1000)', keys('123/1/3', '123/1/2', '123/1/1'), serve(many(1003))],
  [
    "jobs_summary = project.jobs.iter(has_tag=['new', 'verified'], lacks_tag='obsolete')",
    keys('123/1/4', '123/1/2'),
    serve([
      { spider: 'spider1', meta: { tags: ['new', 'obsolete'] } },
      { spider: 'spider1', meta: { tags: ['new'] } },
      { spider: 'spider1', meta: { tags: ['other'] } },
      { spider: 'spider1', meta: { tags: ['verified', 'other'] } },
    ]),
  ],
  [
    "jobs_summary = project.jobs.iter(spider='foo', state='finished', count=3)",
    keys('123/3/4', '123/3/3', '123/3/2'),
    serve([...many(4, { spider: 'foo' }), { spider: 'spider1' }, { spider: 'foo', state: 'running' }]),
  ],
  [
    "[Job(client, x['key']) for x in jobs]",
    (jobs: readonly Job[]) => {
      for (const job of jobs) expect(job).toBeInstanceOf(Job);
      expect(jobs.map((job) => job.key)).toEqual(['123/1/3', '123/1/2', '123/1/1']);
    },
    serve(many(3)),
  ],
  [
    'spider.jobs.summary()',
    [
      { count: 0, name: 'pending', summary: [] },
      { count: 0, name: 'running', summary: [] },
      {
        count: 5,
        name: 'finished',
        summary: Array.from({ length: 5 }, () => expect.objectContaining({ ts: expect.any(Number) })),
      },
    ],
    serve(many(5)),
  ],
  [
    'list(sp.jobs.iter_last())',
    [
      {
        ...last,
        elapsed: 3062444,
        key: '123/1/3',
        spider: 'spider1',
        state: 'finished',
        // When the state last changed: that is when the job was finished.
        ts: 1482911633089,
      } satisfies JobSummary,
    ],
    async (world) => {
      world.now = 1482911633089 + 3062444;
      await serve([{ spider: 'spider1', number: 3, meta: last }])(world);
    },
  ],
  [
    "spider.jobs.update_tags(add=['consumed'])",
    async (count: unknown, world: World) => {
      expect(count).toBe(5);
      expect(await tagsOf(world)).toEqual(Array.from({ length: 5 }, () => ['consumed']));
    },
    serve(many(5)),
  ],
  [
    "spider.jobs.update_tags(remove=['existing'])",
    async (count: unknown, world: World) => {
      expect(count).toBe(2);
      expect(await tagsOf(world)).toEqual([['other'], []]);
    },
    serve([
      { spider: 'spider1', meta: { tags: ['existing'] } },
      { spider: 'spider1', meta: { tags: ['existing', 'other'] } },
    ]),
  ],
];

const frontierRows: readonly RowCheck[] = [
  ['frontiers = project.frontiers', expect.any(Frontiers)],
  ['frontiers.iter()', records(['test', 'test1', 'test2'])],
  ['frontiers.list()', ['test', 'test1', 'test2']],
  ["frontier = frontiers.get('test')", expect.any(Frontier)],
  ['frontier', expect.objectContaining({ key: 'test' })],
  ['frontier.iter()', records(['example.com', 'example.com2'])],
  ['frontier.list()', ['example.com', 'example.com2']],
  ["slot = frontier.get('example.com')", expect.any(FrontierSlot)],
  ['slot', expect.objectContaining({ key: 'example.com' })],
  ["slot.queue.add([{'fp': '/some/path.html'}])", undefined],
  ['slot.flush()', undefined],
  ['slot.newcount', 1],
  ['frontier.newcount', 1],
  [
    'frontiers.newcount',
    3,
    async ({ scope }) => {
      const other = (scope.frontiers as Frontiers).get('test1').get('example.com');
      await other.queue.add([{ fp: 'a' }, { fp: 'b' }]);
      await other.flush();
    },
  ],
  ["slot.fingerprints.add(['fp1', 'fp2'])", undefined],
  ['slot.flush()', undefined],
  ["slot.q.add([{'fp': '/'}, {'fp': 'page1.html', 'p': 1, 'qdata': {'depth': 1}}])", undefined],
  ['slot.flush()', undefined],
  [
    'reqs = slot.q.iter()',
    async (value: unknown) => {
      const batches = await (value as Records<{ requests: unknown[] }>).toArray();
      const requests = batches.flatMap((batch) => batch.requests);
      expect(requests).toContainEqual(['/some/path.html', null]);
      expect(requests).toContainEqual(['page1.html', { depth: 1 }]);
    },
  ],
  ['fps = slot.f.iter()', records(['/', '/some/path.html', 'fp1', 'fp2', 'page1.html', 'seeded'])],
  [
    'fps = slot.q.list()',
    expect.arrayContaining([{ id: expect.any(String), requests: [['page1.html', { depth: 1 }]] }]),
  ],
  [
    "slot.q.delete('00013967d8af7b0001')",
    async (_: unknown, { replaced, scope }: World) => {
      const left = await (scope.slot as FrontierSlot).q.list();
      expect(left.length).toBeGreaterThan(0);
      expect(left.map(({ id }) => id)).not.toContain(replaced.get('00013967d8af7b0001'));
    },
    async ({ replaced, scope }) => {
      const [batch] = await (scope.slot as FrontierSlot).q.list();
      replaced.set('00013967d8af7b0001', batch?.id ?? '');
    },
  ],
  [
    'slot.delete()',
    async (_: unknown, { scope }: World) => expect(await (scope.frontier as Frontier).list()).toEqual(['example.com2']),
  ],
  [
    'frontier.flush()',
    async (_: unknown, { scope }: World) =>
      expect(await (scope.slot as FrontierSlot).f.list()).toEqual(['by the frontier']),
    ({ scope }) => (scope.slot as FrontierSlot).q.add({ fp: 'by the frontier' }),
  ],
  [
    'frontiers.flush()',
    async (_: unknown, { scope }: World) =>
      expect(await (scope.slot as FrontierSlot).f.list()).toEqual(['by all', 'by the frontier']),
    ({ scope }) => (scope.slot as FrontierSlot).q.add({ fp: 'by all' }),
  ],
  [
    'frontiers.close()',
    async (_: unknown, { scope }: World) => {
      const slot = scope.slot as FrontierSlot;
      expect(await slot.f.list()).toEqual(['at the end', 'by all', 'by the frontier']);
      expect(await rejection(slot.q.add({ fp: 'later' }))).toMatchObject({ code: 'ERR_CONFIGURATION' });
    },
    ({ scope }) => (scope.slot as FrontierSlot).q.add({ fp: 'at the end' }),
  ],
];

async function settingsOf({ scope }: World): Promise<object> {
  return Object.fromEntries(await (scope.project as Project).settings.list());
}

async function activityOf({ scope }: World): Promise<unknown[]> {
  return (scope.project as Project).activity.list();
}

export const scrapinghub: readonly SectionCheck[] = [
  {
    heading: 'Overview',
    before: serve([]),
    rows: [
      ['from scrapinghub import ScrapinghubClient', ScrapyCloud],
      ["client = ScrapinghubClient('APIKEY')", expect.any(ScrapyCloud)],
      ['client', async (value: unknown) => expect(await (value as ScrapyCloud).projects.list()).toEqual([123, 456])],
    ],
  },
  {
    heading: 'Projects',
    before: serve([
      ...many(674),
      { spider: 'spider1', state: 'running' },
      ...many(33079, { spider: 'spider1', project: 456 }),
      ...many(2, { spider: 'spider1', project: 456, state: 'running' }),
    ]),
    rows: [
      ['client.projects.list()', [123, 456]],
      [
        'client.projects.summary()',
        [
          { finished: 674, has_capacity: true, pending: 0, project: 123, running: 1 },
          { finished: 33079, has_capacity: true, pending: 0, project: 456, running: 2 },
        ],
      ],
      ['project = client.get_project(123)', expect.any(Project)],
      ['project', expect.any(Project)],
      ['project.key', '123'],
      ['client.projects.get(123)', expect.objectContaining({ key: '123' })],
    ],
  },
  {
    heading: 'Project',
    before: serve([]),
    rows: [
      [
        "project.jobs.run('spider1', job_args={'arg1': 'val1'})",
        jobWith({ spider: 'spider1', spider_args: { arg1: 'val1' } }),
      ],
    ],
  },
  {
    heading: 'Spiders',
    before: serve([]),
    rows: [
      [
        'project.spiders.list()',
        [
          { id: 'spider1', tags: [], type: 'manual', version: '123' },
          { id: 'spider2', tags: [], type: 'manual', version: '123' },
        ],
      ],
      ["spider = project.spiders.get('spider2')", expect.any(Spider)],
      ['spider', expect.any(Spider)],
      ['spider.key', '123/2'],
      ['spider.name', 'spider2'],
    ],
  },
  {
    heading: 'Spider',
    before: serve([], {}, 'spider2'),
    rows: [
      ["spider.jobs.run(job_args={'arg1': 'val1'})", jobWith({ spider: 'spider2', spider_args: { arg1: 'val1' } })],
    ],
  },
  { heading: 'Jobs', before: serve(many(2)), rows: jobRows },
  {
    heading: 'Job',
    before: serve([{ spider: 'spider1', state: 'running' }]),
    rows: [
      ['job.cancel()', true],
      ['job.delete()', 'finished', serve(many(1))],
      [
        "job.update_tags(add=['consumed'])",
        async (_: unknown, world: World) => expect(await tagsOf(world)).toEqual([[], ['consumed']]),
        serve(many(2)),
      ],
    ],
  },
  {
    heading: 'Metadata',
    before: serve([{ spider: 'spider1', meta: { version: '5123a86-master', scrapystats: stats } }]),
    rows: [
      ["job.metadata.get('version')", '5123a86-master'],
      ["job.metadata.get('scrapystats')", stats],
      [
        "job.metadata.set('tags', ['obsolete'])",
        async (_: unknown, { scope }: World) =>
          expect(await (scope.job as Job).metadata.get('tags')).toEqual(['obsolete']),
      ],
    ],
  },
  {
    heading: 'Items, logs, requests, samples',
    before: serve([
      {
        spider: 'spider1',
        items: [{ name: 'a' }, { name: 'b' }],
        logs: [log, { ...log, message: 'another' }],
        requests: [request],
        samples: [sample, [1482233732453, 1, 1, 1, 1, 1]],
      },
    ]),
    rows: [
      ['for item in job.items.iter():', [{ name: 'a' }, { name: 'b' }]],
      ['for logitem in job.logs.iter():', [log, { ...log, message: 'another' }]],
      ['logitem', log],
      ['for reqitem in job.requests.iter():', [request]],
      ['reqitem', request],
      ['for sample in job.samples.iter():', [sample, [1482233732453, 1, 1, 1, 1, 1]]],
      ['sample', sample],
    ],
  },
  {
    heading: 'Activity',
    before: serve([], { activity: [{ events: [...events].reverse() }] }),
    rows: [
      ['project.activity.iter()', records(events)],
      ['project.activity.list()', events],
      [
        "event = {'event': 'job:completed', 'job': '123/2/4', 'user': 'john'}",
        { event: 'job:completed', job: '123/2/4', user: 'john' },
      ],
      [
        'project.activity.add(event)',
        async (_: unknown, world: World) =>
          expect(await activityOf(world)).toEqual([
            { event: 'job:completed', job: '123/2/4', user: 'john' },
            ...events,
          ]),
      ],
      [
        "events = [ {'event': 'job:completed', 'job': '123/2/5', 'user': 'john'}, {'event': 'job:cancelled', 'job': '123/2/6', 'user': 'john'}, ]",
        expect.any(Array),
      ],
      [
        'project.activity.add(events)',
        async (_: unknown, world: World) =>
          expect((await activityOf(world)).slice(0, 3)).toEqual([
            { event: 'job:cancelled', job: '123/2/6', user: 'john' },
            { event: 'job:completed', job: '123/2/5', user: 'john' },
            { event: 'job:completed', job: '123/2/4', user: 'john' },
          ]),
      ],
    ],
  },
  {
    heading: 'Collections',
    before: serve([]),
    rows: [
      ['collections = project.collections', (value: unknown) => expect(value).toHaveProperty('getStore')],
      ["foo_store = collections.get_store('foo_store')", expect.objectContaining({ type: 's', name: 'foo_store' })],
      [`foo_store.set({'_key': '${key}', 'value': '1447221694537'})`, undefined],
      ['foo_store.count()', 1],
      [`foo_store.get('${key}')`, { value: '1447221694537' }],
      ['list(foo_store.iter())', [record]],
      [`list(foo_store.iter(key=['${key}', 'blah']))`, [record]],
      [`foo_store.delete('${key}')`, undefined],
      ['foo_store.count()', 0],
    ],
  },
  {
    heading: 'Frontiers',
    before: serve([], {
      frontiers: [
        { frontier: 'test', slot: 'example.com', requests: ['seeded'] },
        { frontier: 'test', slot: 'example.com2', requests: ['seeded'] },
        { frontier: 'test1', slot: 'example.com', requests: ['seeded'] },
        { frontier: 'test2', slot: 'example.com', requests: ['seeded'] },
      ],
    }),
    rows: frontierRows,
  },
  {
    heading: 'Settings',
    before: serve([], { settings: { default_job_units: 2, job_runtime_limit: 24 } }),
    rows: [
      [
        'project.settings.list()',
        [
          ['default_job_units', 2],
          ['job_runtime_limit', 24],
        ],
      ],
      ["project.settings.get('job_runtime_limit')", 24],
      [
        "project.settings.set('job_runtime_limit', 20)",
        async (_: unknown, world: World) =>
          expect(await settingsOf(world)).toEqual({ default_job_units: 2, job_runtime_limit: 20 }),
      ],
      [
        "project.settings.update({'default_job_units': 1, 'job_runtime_limit': 20})",
        async (_: unknown, world: World) =>
          expect(await settingsOf(world)).toEqual({ default_job_units: 1, job_runtime_limit: 20 }),
      ],
    ],
  },
  {
    heading: 'Exceptions',
    before: serve([]),
    rows: [
      exception('ScrapinghubAPIError', ({ scope }) => (scope.client as ScrapyCloud).getProject(99).summary()),
      exception('BadRequest', (_, project) => project.jobs.run('unknown')),
      exception('Unauthorized', (world) => world.client('0'.repeat(32)).projects.list()),
      exception('NotFound', (_, project) => project.spiders.get('unknown')),
      exception('ValueTooLarge', ({ scope }) => (scope.job as Job).items.write({ text: 'a'.repeat(2 ** 20) })),
      exception('DuplicateJobError', async (_, project) => {
        await project.jobs.run('spider1');
        await project.jobs.run('spider1');
      }),
      exception('ServerError', async (world, project) => {
        world.emulator.faults.push({ status: 500 });
        await project.summary();
      }),
    ],
  },
];
