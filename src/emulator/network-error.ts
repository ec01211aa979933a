/** What the platform's `fetch` rejects with when a connection breaks: the words are those that retry code looks for. */
export function networkError(message: 'fetch failed' | 'terminated'): TypeError {
  const cause = Object.assign(new Error('The emulator broke the connection'), { code: 'ECONNRESET' });
  return new TypeError(message, { cause });
}
