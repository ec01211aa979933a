/** The registrable domain of a URL, such as `example.co.uk`; the host where there is none, as of addresses. */
export type SiteOf = (url: URL) => string;

/** Loads the public suffix list, which is large. Suffixes that belong to companies, such as `github.io`, count, too. */
export async function loadSiteOf(): Promise<SiteOf> {
  const { getDomain } = await import('tldts');
  return ({ hostname }) => getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}
