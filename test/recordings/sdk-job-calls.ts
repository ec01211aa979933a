import {
  type Items,
  type Job,
  type JobState,
  type LogInput,
  type RecordWriter,
  type RequestInput,
  type Sample,
  type ScrapyCloud,
  Spider,
  type WriterOptions,
} from 'tideway';
import { type Asked, type SdkCall, withKeys } from './sdk-call.ts';

/** The job queue: its commands, lists and summaries. */
export function queueCall(cloud: ScrapyCloud, asked: Asked): SdkCall | undefined {
  return asked.method === 'POST' ? queueCommand(cloud, asked) : queueRead(cloud, asked);
}

function queueCommand(cloud: ScrapyCloud, { answer, given, segments }: Asked): SdkCall | undefined {
  const [, project = '', command] = segments;
  const { jobs } = cloud.getProject(project);
  const [fields = {}] = given;
  const { key, spider, state, ...meta } = fields;
  if (command === 'push') {
    const options = state ? { ...meta, state: state as JobState } : meta;
    return { ask: async () => (await jobs.push(String(spider), options)).key, yields: answer[0]?.key };
  }
  if (command === 'startjob') {
    return { ask: async () => (await jobs.startNext(fields))?.key, yields: answer[0]?.key };
  }
  // Several jobs in a request, or all those of a spider, are no call of the SDK.
  if (given.length !== 1 || String(key).split('/').length !== 3) return undefined;
  return { ask: () => cloud.getJob(String(key)).update(state as JobState, meta), yields: answer[0]?.prevstate };
}

function queueRead(cloud: ScrapyCloud, { answer, many, number, one, segments }: Asked): SdkCall | undefined {
  const [, project = '', ...rest] = segments;
  const spider = /^\d+$/.test(rest[0] ?? '') ? rest.shift() : undefined;
  const { jobs } = spider
    ? new Spider(cloud.connection, `${project}/${spider}`, 'hs-test-spider')
    : cloud.getProject(project);
  const [kind, state] = rest;
  const page = { count: number('count'), start: number('start'), meta: many('jobmeta') };
  // A filter was ignored by the server, and is no option.
  if (kind === 'list' && one('filter') === undefined) {
    const options = {
      ...page,
      spider: one('spider'),
      state: many('state') as JobState[],
      hasTag: many('has_tag'),
      lacksTag: many('lacks_tag'),
      startTs: number('startts'),
      endTs: number('endts'),
      stop: one('stop'),
    };
    // A page has as many jobs as the server gives at once, said aloud.
    const query = (sent: URLSearchParams): void => sent.set('count', sent.get('count') ?? '1000');
    return { ask: () => jobs.list(options), yields: answer, query };
  }
  if (kind === 'jobsummary') return { ask: () => jobs.jobSummary(many('key'), { meta: page.meta }), yields: answer };
  if (kind !== 'summary') return undefined;
  if (state) return { ask: () => jobs.summary(state as JobState, page), yields: answer[0] };
  return { ask: () => jobs.summary(undefined, page), yields: answer };
}

/** The metadata of a job. */
export function metadataCall(cloud: ScrapyCloud, { answer, given, method, segments }: Asked): SdkCall {
  const [, project, spider, job, field] = segments;
  const { metadata } = cloud.getJob(`${project}/${spider}/${job}`);
  if (method === 'POST') return { ask: () => metadata.update(given[0] ?? {}), yields: undefined };
  if (method === 'DELETE') return { ask: () => metadata.delete(field ?? ''), yields: undefined };
  return { ask: async () => Object.fromEntries(await metadata.list()), yields: answer[0] };
}

/** Items, logs, requests and samples of a job; those of a whole spider are no call of the SDK. */
export function dataCall(cloud: ScrapyCloud, asked: Asked): SdkCall | undefined {
  const { answer, many, method, number, one, segments } = asked;
  const [resource, project, spider, job, stats] = segments;
  if (job === undefined) return undefined;
  const data = cloud.getJob(`${project}/${spider}/${job}`)[resource as 'items' | 'logs' | 'requests' | 'samples'];
  if (stats && 'stats' in data) return { ask: () => data.stats(), yields: answer[0] };
  if (method === 'POST') return writeCall(cloud.getJob(`${project}/${spider}/${job}`), asked);
  const options = { meta: many('meta'), count: number('count'), start: one('start'), startAfter: one('startafter') };
  // Samples have no keys.
  const query = resource === 'samples' ? undefined : withKeys;
  return { ask: () => (data as Items).list(options), yields: answer, query };
}

function writeCall(job: Job, { given, isGzip, number, segments }: Asked): SdkCall {
  const start = number('start') ?? 0;
  const options: WriterOptions = { start, size: given.length, contentEncoding: isGzip ? 'gzip' : 'identity' };
  const yields = given.map((_, position) => start + position);
  if (segments[0] === 'items') return { ask: () => write(job.items.writer(options), given), yields };
  if (segments[0] === 'samples') {
    return { ask: () => write(job.samples.writer(options), given as unknown as Sample[]), yields };
  }
  if (segments[0] === 'requests') {
    const requests = given.map(({ time, ...request }) => ({ ...request, ts: time }) as unknown as RequestInput);
    return { ask: () => write(job.requests.writer(options), requests), yields };
  }
  // A line of our log has no fields beside these; the recorded program numbered some of its own.
  const sends = given.map(({ level, message, time }) => ({ level, message, time }));
  const logs = sends.map(({ level, message, time }) => ({ level, message, ts: time }) as LogInput);
  return { ask: () => write(job.logs.writer(options), logs), yields, sends };
}

/** Stores records and resolves to their indices. */
async function write<T>(writer: RecordWriter<T>, records: readonly T[]): Promise<number[]> {
  const indices = await Promise.all(records.map((record) => writer.write(record)));
  await writer.close();
  return indices;
}
