/** What the cases need to know of the server that they read from. */
export interface CaseOptions {
  /** The storage API, with bodies that are compressed. */
  readonly endpoint: string;
  readonly dashEndpoint: string;
  /** The same server, which never compresses. */
  readonly plainEndpoint: string;
  /** Nothing listens there. */
  readonly deadEndpoint: string;
  /** Takes faults, and tells what the server saw. */
  readonly control: string;
  readonly apiKey: string;
  /** Whether this is a page of a browser: some headers cannot be set there, and what a redirect says is hidden. */
  readonly isBrowser: boolean;
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
/** The names of all cases. The case with the index `i` has the job `1/1/i+1` for itself. */
export const caseNames: readonly string[];
/** Runs one case on the package that is given. Never rejects. */
export function runCase(
  name: string,
  modules: {
    readonly tideway: object;
    readonly emulator: object;
    readonly cache: object;
    readonly fetcher: object;
    readonly tide: object;
  },
  options: CaseOptions,
): Promise<Outcome>;
