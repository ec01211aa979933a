import type { Awaitable } from './awaitable.ts';

/** Does one step after the other, whatever fails, and then fails as the first failure; waits only where it must. */
export function inOrder(...steps: (() => Awaitable<unknown>)[]): Awaitable<void> {
  let failure: { readonly error: unknown } | undefined;
  const note = (error: unknown): void => {
    failure ??= { error };
  };
  const go = (): Awaitable<void> => {
    for (let step = steps.shift(); step; step = steps.shift()) {
      try {
        const result = step();
        // Of whatever library or realm the promise is.
        if (typeof (result as Partial<Promise<unknown>> | undefined)?.then === 'function')
          return Promise.resolve(result).catch(note).then(go);
      } catch (error) {
        note(error);
      }
    }
    return failure && Promise.reject(failure.error);
  };
  return go();
}
