import type { Frontier } from '../crawl/frontier.ts';
import { LocalFrontier, type LocalFrontierOptions } from '../crawl/local-frontier.ts';
import { expected } from '../errors/index.ts';
import { FileJournal } from './file-journal.ts';

/** The options of {@link fileFrontier}. */
export interface FileFrontierOptions extends LocalFrontierOptions {
  /** Waits until the disk has what was written: it survives a power failure, too, and takes much longer. @default false */
  readonly sync?: boolean;
}

/**
 * A `Frontier` in a file of JSON lines, to which is only added, so that it survives the death of the process at any
 * moment. One process at a time may have it: the leases of one that died are given back at once. What waits and the
 * fingerprints of all that was seen are in memory, too.
 *
 * Other machines that reach the same file through a network, and other containers, are not kept from it.
 *
 * @throws ConfigurationError for options that cannot work. Its methods: ConfigurationError when another process has the
 * file open, or when it is no frontier's; DecodeError for a line that is damaged; what the system says when it can
 * neither be read nor written.
 * @example
 * await crawl({ start: ['https://example.com/'], frontier: fileFrontier('crawl.jsonl'), … });
 */
export function fileFrontier(path: string, options: FileFrontierOptions = {}): Frontier {
  if (typeof path !== 'string' || path === '') expected('`path` to be the name of a file', path);
  const { sync = false, ...local } = options;
  if (typeof sync !== 'boolean') expected('`sync` to be a boolean', sync);
  return new LocalFrontier(local, new FileJournal(path, sync));
}
