import type { CollectionRecord, Path, QueueRequest, ScrapyCloud } from 'tideway';
import type { Exchange } from './load.ts';
import { type Asked, readExchange, type SdkCall, withKeys, withoutStart } from './sdk-call.ts';
import { dataCall, metadataCall, queueCall } from './sdk-job-calls.ts';

type CallOf = (cloud: ScrapyCloud, asked: Asked) => SdkCall | undefined;

const collectionCall: CallOf = (cloud, { answer, given, isGzip, method, one, segments }) => {
  const [, project = '', type, name = one('name') ?? '', key] = segments;
  const store = cloud.getProject(project).collections.getStore(name);
  if (type === 'delete') return { ask: () => store.truncate(), yields: undefined };
  if (key === 'count') return { ask: () => store.count(), yields: answer[0]?.count };
  if (key === 'deleted') return { ask: () => store.delete(given as unknown as string[]), yields: undefined };
  if (key !== undefined) return { ask: () => store.get(key), yields: answer[0] };
  if (method === 'GET') {
    const options = { prefix: one('prefix'), start: one('start'), startAfter: one('startafter') };
    return { ask: () => store.list(options), yields: answer, query: withKeys };
  }
  const records = given as unknown as CollectionRecord[];
  // A record without a key never leaves the SDK.
  if (!records.every(({ _key }) => _key)) return undefined;
  if (!isGzip) return { ask: () => store.set(records), yields: undefined, query: withoutStart };
  const write = async (): Promise<void> => {
    await using writer = store.writer();
    for (const record of records) await writer.write(record);
  };
  return { ask: write, yields: undefined, query: withoutStart };
};

const frontierCall: CallOf = (cloud, { answer, given, method, number, segments }) => {
  const [, project = '', frontier = '', , name = '', part, deleted] = segments;
  const slot = cloud.getProject(project).frontiers.get(frontier).get(name);
  if (method === 'DELETE') return { ask: () => slot.delete(), yields: undefined };
  if (deleted) return { ask: () => slot.queue.delete(given as unknown as string[]), yields: undefined };
  if (part) return { ask: () => slot.queue.list({ minCount: number('mincount') }), yields: answer };
  const add = async (): Promise<number> => {
    await slot.queue.add(given as unknown as QueueRequest[]);
    await slot.flush();
    return slot.newCount;
  };
  return { ask: add, yields: answer[0]?.newcount, query: withoutStart };
};

const projectCall: CallOf = (cloud, { answer, given, method, segments }) => {
  const [, project = '', kind, field] = segments;
  if (project === 'jobsummaries') return { ask: () => cloud.projects.summary(), yields: answer[0] };
  const { settings } = cloud.getProject(project);
  if (kind === 'jobsummary') return { ask: () => cloud.getProject(project).summary(), yields: answer[0] };
  if (method === 'POST') return { ask: () => settings.update(given[0] ?? {}), yields: undefined };
  if (field === undefined) return { ask: async () => Object.fromEntries(await settings.list()), yields: answer[0] };
  if (method === 'DELETE') return { ask: () => settings.delete(field), yields: undefined };
  return { ask: () => settings.get(field), yields: answer[0] };
};

const activityCall: CallOf = (cloud, { answer, given, many, method, number, one, segments }) => {
  const { activity } = cloud.getProject(segments[1] ?? '');
  if (method === 'POST') return { ask: () => activity.add(given), yields: undefined };
  const options = { count: number('count'), filter: one('filter'), meta: many('meta') };
  const compact = (query: URLSearchParams): void => {
    if (options.filter) query.set('filter', JSON.stringify(JSON.parse(options.filter)));
  };
  return { ask: () => activity.list(options), yields: answer, query: compact };
};

/** The SDK's calls, by the first segment of the paths that they ask for. */
const calls: Readonly<Record<string, CallOf>> = {
  activity: activityCall,
  collections: collectionCall,
  hcf: frontierCall,
  ids: (cloud, { answer, segments: [, project = '', , name = ''] }) => {
    return { ask: () => cloud.getProject(project).spiders.id(name, { create: true }), yields: answer[0] };
  },
  items: dataCall,
  jobq: queueCall,
  jobs: metadataCall,
  logs: dataCall,
  projects: projectCall,
  requests: dataCall,
  samples: dataCall,
  system: (cloud, { answer }) => ({ ask: () => cloud.serverTimestamp(), yields: answer[0] }),
};

/** What a user would call to have a recorded exchange: a resource of the SDK, or the connection where there is none. */
export function callOf(cloud: ScrapyCloud, exchange: Exchange): SdkCall {
  const asked = readExchange(exchange);
  const call = calls[asked.segments[0] ?? '']?.(cloud, asked);
  if (call) return call;
  const { many, method, url } = asked;
  const query = Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, many(name)]));
  const { body } = exchange.request;
  const path = url.pathname as Path;
  return {
    unnamed: true,
    ask: () => cloud.connection.text(path, { method: method as 'GET', query, body }),
    yields: exchange.response.body,
  };
}
