/** The ports that are meant where none is named. */
const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Whether a URL is asked for directly: `noProxy` names hosts, each with all hosts below it, separated by commas or white
 * space, with a port or without; `*` is all of them. An address stands for itself.
 */
export function isDirect(url: URL, noProxy: string): boolean {
  const host = plain(url.hostname);
  const port = url.port || PORTS[url.protocol];
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '' || entry === '*') return entry === '*';
      const [, name = '', own] = /^(\[[^\]]*\]|[^:]*|[0-9a-f:]*:[0-9a-f:.]*:[0-9a-f:.]*)(?::(\d+))?$/.exec(entry) ?? [];
      const wanted = plain(name).replace(/^\*?\./, '');
      if (wanted === '' || (own !== undefined && own !== port)) return false;
      return host === wanted || (host.endsWith(`.${wanted}`) && !isAddress(host));
    });
}

function plain(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}
