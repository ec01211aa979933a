/** What a fetcher counts as it works; see `FetcherStats`. */
export class Counters {
  accepted = 0;
  succeeded = 0;
  failed = 0;
  fromCache = 0;
  requests = 0;
  retries = 0;
  bytes = 0;
}
