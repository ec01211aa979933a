/** What all scripts begin with: the server's time in milliseconds, and who stored what is there. */
const PROLOGUE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local version = redis.call('HGET', KEYS[1], 'v')
if version and version ~= '1' then return {'!version', version} end
`;

/**
 * A script of the server's: everything that it does happens at once, or nothing does. Its first key is a hash with the
 * version of the format in its field `v`, and all its keys have the same hash tag, so that a cluster has them on one node.
 */
export class Script {
  readonly source: string;
  #hash: Promise<string> | undefined;

  /** Parts are put together here: bundlers leave out unused scripts only where nothing is computed before. */
  constructor(...parts: readonly string[]) {
    this.source = PROLOGUE + parts.join('');
  }

  /** The SHA-1 under which the server knows it. */
  get hash(): Promise<string> {
    this.#hash ??= crypto.subtle
      .digest('SHA-1', new TextEncoder().encode(this.source))
      .then((digest) => Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(''));
    return this.#hash;
  }
}
