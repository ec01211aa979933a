import type * as errors from '../errors/index.ts';
import type * as runtime from '../http/runtime.ts';

/** What answers requests from a cache uses of the code that is there from the start of programs that load it later. */
export interface Needs {
  readonly ConnectionError: typeof errors.ConnectionError;
  readonly isBrowser: typeof runtime.isBrowser;
}

export let ConnectionError: Needs['ConnectionError'];
export let isBrowser: Needs['isBrowser'];

/** Takes what is handed over, before anything of it is used. */
export function receive(needs: Needs): void {
  ({ ConnectionError, isBrowser } = needs);
}
