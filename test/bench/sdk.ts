import type * as Tideway from '../../src/index.ts';

/** The built package, which is what users run. */
export const DIST: URL = new URL('../../dist/', import.meta.url);

/** Loads the SDK as it is shipped. */
export async function loadSdk(): Promise<typeof Tideway> {
  return (await import(new URL('index.js', DIST).href)) as typeof Tideway;
}
