import { Refusal } from './refusal.ts';

/** What a path asks for, as far as it matters for who may. */
export interface Target {
  readonly api: 'storage' | 'dash';
  /** Below the base of the API, percent-encoded as it came, without a slash at the beginning. */
  readonly path: string;
  /** The project that the path names. */
  readonly project: string | undefined;
  /** `data` is what users store and passes unread; commands and forms may name projects and are read first. */
  readonly body: 'data' | 'commands' | 'fields' | 'form';
  /** Parameters that hold keys of jobs or of their records. */
  readonly keys: readonly string[];
  /** Whether those that are called `job` and `key` must be keys of jobs; else they may be anything. */
  readonly isStrict: boolean;
  /** Whether the answer has tokens of jobs in it, which open the server without a gateway. */
  readonly tellsTokens: boolean;
}

type Rules = Pick<Target, 'body' | 'keys' | 'isStrict'>;

const JOB_DATA: Rules = { body: 'data', keys: ['job', 'key', 'start', 'startafter', 'stop'], isStrict: true };
const USER_KEYS: Rules = { body: 'data', keys: [], isStrict: false };

/** The services of the storage API by the first part of their paths; the second part is the project. */
const STORAGE: ReadonlyMap<string, Rules> = new Map([
  ...['items', 'logs', 'requests', 'samples'].map((name) => [name, JOB_DATA] as const),
  ['jobq', { body: 'commands', keys: ['job', 'key', 'start', 'stop'], isStrict: true }],
  ['jobs', { body: 'fields', keys: ['job', 'key'], isStrict: true }],
  ['spiders', { body: 'data', keys: ['start', 'startafter'], isStrict: true }],
  ['activity', { body: 'fields', keys: ['job'], isStrict: true }],
  ['ids', USER_KEYS],
  ['projects', USER_KEYS],
  // Their keys and records are the user's own, whatever they look like.
  ['collections', USER_KEYS],
  ['hcf', USER_KEYS],
]);

/** Calls of the dash API that go by the parameter `project`. What is deployed runs with rights of its own: not here. */
const DASH =
  /^(?:spiders\/list\.json|(?:run|schedule)\.json|jobs\/(?:list|count|update|stop|delete)\.(?:json|jl)|items\.(?:jl|json|csv)|log\.(?:jl|json|txt)|reports\/add\.json|settings\/get\.json)$/;
const DASH_BY_PATH = /^(?:v2\/projects(?=\/\d+\/spiders\/)|comments)\/([1-9]\d{0,14})\/./;

/**
 * Reads a path below the gateway's base.
 *
 * @throws Refusal
 */
export function targetOf(below: string): Target {
  const [, api, path = ''] = /^\/(storage|dash)\/(.*?)\/?$/.exec(below) ?? [];
  if (api !== 'storage' && api !== 'dash') throw new Refusal(404, 'There is nothing at this path');
  const segments = path.split('/');
  if (!segments.every(isPlain)) throw new Refusal(403, 'The path is not plain');
  return api === 'storage' ? storageTarget(path, segments) : dashTarget(path);
}

function storageTarget(path: string, segments: readonly string[]): Target {
  const [service = '', id = ''] = segments;
  const rules = STORAGE.get(service);
  const isMerged = service === 'activity' && id === 'projects' && segments.length === 2;
  const isProject = /^[1-9]\d{0,14}$/.test(id);
  if (!rules || !(isProject || isMerged)) throw unknownProject();
  // The token of a running job opens the server directly.
  if (service === 'jobs' && /^auth$/i.test(decodeURIComponent(segments[4] ?? ''))) {
    throw new Refusal(403, 'Credentials of jobs do not pass the gateway');
  }
  const tellsTokens = service === 'jobq';
  return { ...rules, api: 'storage', path, project: isProject ? id : undefined, tellsTokens };
}

function dashTarget(path: string): Target {
  const [, project] = DASH_BY_PATH.exec(path) ?? [];
  if (!project && !DASH.test(path)) throw unknownProject();
  // What a run is told beside its own fields are arguments of the spider.
  const isStrict = !/^(?:run|schedule)\.json$/.test(path);
  return { api: 'dash', path, project, body: 'form', keys: ['job'], isStrict, tellsTokens: false };
}

/** What is refused where nothing tells which project is meant. */
export function unknownProject(): Refusal {
  return new Refusal(403, 'The project of the request cannot be told');
}

/**
 * Whether a segment stays one and stays where it is, for whatever server: also one that decodes twice, takes encoded
 * slashes or backslashes for slashes, or cuts off what follows a semicolon.
 */
function isPlain(segment: string): boolean {
  if (segment === '') return false;
  let text = segment;
  for (let round = 0; round < 3; round++) {
    let decoded: string;
    try {
      decoded = decodeURIComponent(text);
    } catch {
      // A percent sign of the user's own, which was encoded, may be left over.
      return round > 0;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (decoded.split(/[/\\]/).some((part) => /^\.{1,2}(?:;|$)|[\0-\x1f\x7f]/.test(part))) return false;
    text = decoded;
  }
  return true;
}
