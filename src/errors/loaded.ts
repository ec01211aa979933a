import { ConnectionError } from './ConnectionError.ts';

/**
 * Code that is loaded when it is needed, given the promise of its `import()`.
 *
 * @throws ConnectionError when it cannot be loaded, as in a page that has lost its network; the next `import()` tries
 * again.
 */
export function loaded<T>(code: Promise<T>): Promise<T> {
  return code.catch((cause: unknown) => {
    throw new ConnectionError('The code that this call needs was not loaded', { cause });
  });
}
