/** What the cases need to know of the servers that they ask. */
export interface CaseOptions {
  /** The storage API, with bodies that are compressed. */
  readonly endpoint: string;
  readonly dashEndpoint: string;
  /** The same server, which never compresses. */
  readonly plainEndpoint: string;
  /** Nothing listens there. */
  readonly deadEndpoint: string;
  /** Takes faults, and tells what the servers saw. */
  readonly control: string;
  readonly apiKey: string;
  /** A site of pages, redirects and events; without a slash at the end. */
  readonly site: string;
  /** A server of Redis, and its REST form. */
  readonly redis: { readonly port: number; readonly http: { readonly url: string; readonly token: string } };
  /** Whether this is a page of a browser: some headers cannot be set there, and what a redirect says is hidden. */
  readonly isBrowser: boolean;
  /** Whether there are the modules of Node. */
  readonly hasSockets: boolean;
  /** Whether a body that breaks ends as if it were whole. */
  readonly hidesBreaks?: boolean;
  /** What a program has to say itself in `accept-encoding` where the runtime does not. */
  readonly acceptEncoding?: string;
}

/** What came of a case. */
export interface Outcome {
  readonly name: string;
  /** How many things were checked. */
  readonly checks: number;
  /** The stack of what went wrong. */
  readonly error?: string;
  /** Whether the runtime lacks what it is about, and is told so. */
  readonly isMissing?: boolean;
  /** What users have to know of it in this runtime. */
  readonly note?: string;
}

/** What the table of the README has a row for. */
export interface Area {
  /** Markdown. */
  readonly title: string;
  readonly cases: Readonly<Record<string, unknown>>;
}

/** How many items, log lines, requests and samples each job of the server has. */
export const SIZE: number;
/** One of the job's items, log lines, requests and samples, by its number. */
export function itemOf(n: number): { n: number; text: string; page: number };
export function logOf(n: number): { time: number; level: number; message: string };
export function requestOf(n: number): {
  time: number;
  method: string;
  url: string;
  status: number;
  rs: number;
  duration: number;
};
export function sampleOf(n: number): [number, number, number];
export const areas: readonly Area[];
/** The names of all cases. The case with the index `i` has the job `1/1/i+1` for itself. */
export const caseNames: readonly string[];
/** Runs one case on the package that is given. Never rejects. */
export function runCase(
  name: string,
  modules: Readonly<Record<string, object>>,
  options: CaseOptions,
): Promise<Outcome>;
