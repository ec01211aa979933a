import { openWriters } from '../cloud/open-writers.ts';
import type { Connection } from '../http/index.ts';

/**
 * Warns on the standard error output when the process ends while records of a cloud's writers are not stored: after
 * `process.exit`, an error that nobody caught, or tries that were used up. A process that ends by itself has stored
 * them: a writer that has something keeps it alive.
 *
 * @returns a function that ends the watch.
 * @example
 * warnOnUnflushed(cloud);
 */
export function warnOnUnflushed(cloud: { readonly connection: Connection }): () => void {
  // Nothing asynchronous happens any more once this is called.
  const warn = (): void => {
    for (const { name, pending } of openWriters(cloud.connection)) {
      if (pending === 0) continue;
      process.stderr.write(
        `tideway: ${pending} records of ${name} were not stored. Await close() of the writer or the cloud.\n`,
      );
    }
  };
  process.on('exit', warn);
  return () => {
    process.off('exit', warn);
  };
}
