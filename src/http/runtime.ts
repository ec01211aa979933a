/**
 * Whether this is a page of a browser or one of its workers, where whoever opens the page can read what its code
 * holds. Deno, Bun and workerd have some of the same globals and are servers.
 */
export function isBrowser(scope: object = globalThis): boolean {
  if ('Deno' in scope || 'Bun' in scope || 'WebSocketPair' in scope || 'EdgeRuntime' in scope) return false;
  return 'document' in scope || 'WorkerGlobalScope' in scope;
}
