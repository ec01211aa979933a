import { ConfigurationError, expected } from '../errors/index.ts';
import type { Frontier } from './frontier.ts';
import { IndexedDbJournal } from './indexed-db-journal.ts';
import { LocalFrontier, type LocalFrontierOptions } from './local-frontier.ts';

/**
 * A {@link Frontier} in IndexedDB, for browsers: it survives a reload, and the death of the page at any moment. One page
 * or worker of the origin at a time may have it. What waits and the fingerprints of all that was seen are in memory, too.
 *
 * @throws ConfigurationError for options that cannot work, and where there is no IndexedDB or no Web Locks (which
 * browsers have on https and on localhost). Its methods: ConfigurationError when another page has it open; what the
 * browser says when its quota is used up.
 */
export function indexedDbFrontier(name: string, options: LocalFrontierOptions = {}): Frontier {
  if (typeof name !== 'string' || name === '') expected('`name` to be the name of a database', name);
  if (typeof indexedDB !== 'object' || typeof navigator?.locks !== 'object') {
    throw new ConfigurationError('Expected a runtime that has IndexedDB and Web Locks, got one without');
  }
  return new LocalFrontier(options, new IndexedDbJournal(name));
}
