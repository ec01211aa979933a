// A program of a user's, for its types alone: it is compiled against what is packed, in strict mode, and never run.
import {
  ApiError,
  Connection,
  type Fetch,
  type ItemRecord,
  Items,
  isNotFoundError,
  isTidewayError,
  type Job,
  type JobState,
  type JobSummary,
  type LogRecord,
  type Project,
  path,
  type Records,
  type RequestRecord,
  type Sample,
  type Schema,
  ScrapyCloud,
  type Spider,
  StreamInterruptedError,
} from 'tideway';
import { createEmulator, type Emulator, type Fault, type SpiderProgram } from 'tideway/emulator';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import {
  type Framing,
  jsonLines,
  memoryQueue,
  oauth1,
  type Quota,
  type RecordQueue,
  type ServerSentEvent,
  type StateCounter,
  sse,
  Tide,
  type TideOptions,
  type TideRun,
  tail,
} from 'tideway/tide';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles when the value is of exactly this type. */
function is<Expected>(): <Actual>(
  value: Actual,
  ...wrong: Same<Actual, Expected> extends true ? [] : [Expected]
) => void {
  return () => {};
}

interface Product {
  readonly name: string;
  readonly price: number;
}

export async function readsItems(job: Job): Promise<void> {
  is<Records<ItemRecord>>()(job.items.iter());
  is<Records<Product>>()(job.items.iter<Product>());
  for await (const product of job.items.iter<Product>({ count: 10, filter: ['price', '>', [5]], follow: true })) {
    is<Product>()(product);
  }
  for await (const batch of job.items.iter<Product>({ parallel: 4 }).batches(100)) is<Product[]>()(batch);
  is<Product[]>()(await job.items.list<Product>());
  is<Product | undefined>()(await job.items.get<Product>(7));
  is<Product | undefined>()(await job.items.iter<Product>().first());
  is<ReadableStream<Product>>()(job.items.iter<Product>().toReadableStream());
  is<number>()((await job.items.stats()).totals.input_values);
  const records = job.items.iter<Product>({ follow: { interval: 1000 }, onResume: ({ lastKey }) => void lastKey });
  is<string | undefined>()(records.progress.lastKey);
  // @ts-expect-error: an option that does not exist
  job.items.iter({ limit: 5 });
  // @ts-expect-error: a key is text
  job.items.iter({ startAfter: 5 });
}

export async function readsTheRest(job: Job): Promise<void> {
  is<Records<LogRecord>>()(job.logs.iter({ level: 'ERROR' }));
  for await (const { level, message, time } of job.logs.iter({ follow: true })) {
    is<string>()(message);
    is<number>()(level + time);
  }
  is<Records<RequestRecord>>()(job.requests.iter());
  is<Records<Sample>>()(job.samples.iter());
  is<Uint8Array | undefined>()(
    (
      await job.items
        .download({ format: 'csv', fields: ['name'] })
        .getReader()
        .read()
    ).value as Uint8Array | undefined,
  );
  is<JobState>()(await job.waitFor('finished', { timeout: 1000 }));
  // @ts-expect-error: a level that does not exist
  job.logs.iter({ level: 'LOUD' });
  // @ts-expect-error: a format that the server does not write
  job.items.download({ format: 'xlsx' });
}

export async function infersFromSchemas(job: Job, schema: Schema<{ readonly total: number }>): Promise<void> {
  is<Records<{ readonly total: number }>>()(job.items.iter({ schema }));
  is<{ readonly total: number }[]>()(await job.items.list({ schema, count: 5 }));
  for await (const { total } of job.items.iter({ schema, parallel: 2 })) is<number>()(total);
  is<Records<{ readonly total: number }>>()(job.logs.iter({ schema, level: 40 }));
}

export async function walksProjects(cloud: ScrapyCloud): Promise<void> {
  is<number[]>()(await cloud.projects.list());
  const project = cloud.getProject(123);
  is<Project>()(project);
  is<Spider>()(await project.spiders.get('quotes'));
  is<Job>()(await project.jobs.run('quotes', { jobArgs: { pages: 3 }, priority: 4, addTag: ['daily'] }));
  is<Job>()(cloud.getJob('123/1/2'));
  for await (const summary of project.jobs.iter({ state: ['running', 'finished'], hasTag: 'daily' })) {
    is<JobSummary>()(summary);
    is<string | undefined>()(summary.close_reason);
  }
  is<number>()(await project.jobs.count({ spider: 'quotes' }));
  // @ts-expect-error: a state that does not exist
  project.jobs.iter({ state: 'lost' });
}

export async function meetsErrors(job: Job): Promise<string | undefined> {
  try {
    await job.items.list({ signal: AbortSignal.timeout(1000), deadline: 5000, retry: { attempts: 2 } });
  } catch (error) {
    if (error instanceof StreamInterruptedError) return error.lastKey;
    if (isNotFoundError(error)) is<number>()(error.status);
    if (error instanceof ApiError) is<number | undefined>()(error.retryAfter);
    if (isTidewayError(error)) return error.code;
  }
  return undefined;
}

export async function takesOneResource(fetch: Fetch): Promise<void> {
  const connection = new Connection({ auth: ['user', 'password'], fetch, hooks: { beforeRetry: () => {} } });
  is<Records<Product>>()(new Items(connection, '123/1/2').iter<Product>());
  is<{ readonly id: number }>()(await connection.json<{ readonly id: number }>(path`/jobs/${'123'}`));
  // @ts-expect-error: a path that nobody has checked
  await connection.json('/jobs/123');
}

export async function emulates(program: SpiderProgram): Promise<void> {
  const faults: Fault[] = [{ path: /^\/items\//, times: 1, cutAfterRecords: 10 }];
  const emulator = createEmulator({
    projects: [123],
    faults,
    spiders: {
      program,
      quotes: async ({ items, key, logs, signal }) => {
        is<AbortSignal>()(signal);
        is<number>()(await items.write({ text: key }));
        logs.info('done');
      },
    },
  });
  is<Emulator>()(emulator);
  await using cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
  await cloud.getJob('123/1/1').items.list();
  await using server: EmulatorServer = await serveEmulator({ emulator, port: 0 });
  is<string>()(server.endpoint);
  // @ts-expect-error: an option that does not exist
  createEmulator({ project: 123 });
}

export async function streams(job: Job, counter: StateCounter, quota: Quota): Promise<number> {
  const queue: RecordQueue<Product> = memoryQueue<Product>({ maxSize: 10, overflow: 'dropOldest' });
  const options: TideOptions<Product> = {
    framing: jsonLines<Product>(),
    headers: { accept: 'application/json' },
    sign: oauth1({ consumerKey: 'key', consumerSecret: 'secret' }),
    reconnect: { resume: (last) => new Request(`http://localhost/${last.name}`) },
    counter,
    queue,
  };
  const run: TideRun = await new Tide('http://localhost/', options).on({ limit: 5, quota });
  const framing: Framing<ServerSentEvent> = sse();
  for await (const { data, event, id } of new Tide('http://localhost/', { framing }).records())
    is<string>()(data + event + id);
  for await (const line of tail(job.logs).records({ maxDuration: 1_000 }))
    is<number>()(line.message.length + line.level);
  const items: Tide<Product> = tail<Product>(job.items);
  // @ts-expect-error A framing is not optional.
  new Tide('http://localhost/', {});
  return run.delivered + (items.run?.bytes ?? 0);
}
