import { DecodeError } from './DecodeError.ts';

/**
 * The error of text that is not JSON. The engines' own quote the text, and not all of them tell where; what finds it is
 * loaded when it is needed. `line` is the number of the text's first line.
 */
export async function notJson(what: string, text: string, line: number = 1): Promise<DecodeError> {
  // A page whose network went away cannot load it; the line matters more than the place in it.
  const { jsonEndPosition } = await import('./json-position.ts').catch(() => ({ jsonEndPosition: () => 0 }));
  const before = text.slice(0, jsonEndPosition(text)).split('\n');
  return new DecodeError(what, line + before.length - 1, before.at(-1)?.length ?? 0);
}
