import type { LogInput } from './log-options.ts';
import type { RequestInput } from './request-input.ts';

/** What checks a record that a writer is given, and answers with what is sent. It is loaded with the writer's code. */
export interface Shapes {
  items(item: unknown): unknown;
  samples(sample: unknown): unknown;
  /** `levelNumber` tells the number of a level. */
  logs(line: LogInput | undefined, levelNumber: (level: unknown) => number): unknown;
  requests(request: RequestInput | undefined): unknown;
}
