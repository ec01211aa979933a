import type { CallOptions } from '../http/index.ts';

/** How a job is run. */
export interface RunOptions extends CallOptions {
  /** Arguments of the spider. Values that are no text are sent as JSON. */
  readonly jobArgs?: Readonly<Record<string, unknown>>;
  /** Settings that hold for this job. */
  readonly jobSettings?: Readonly<Record<string, unknown>>;
  /** How much of the project's capacity it takes. */
  readonly units?: number;
  /** 0, the last, to 4, the first. @default 2 */
  readonly priority?: number;
  readonly addTag?: string | readonly string[];
  /** Fields to store with the job. `state` names the state to begin with. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Arguments of the command line. */
  readonly cmdArgs?: string;
  /** Variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}
