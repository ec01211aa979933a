import { DecodeError } from './DecodeError.ts';

/**
 * The error of text that is not JSON. The engines' own quote the text, and not all of them tell where; what finds it is
 * loaded when it is needed. `line` is the number of the text's first line.
 */
export async function notJson(what: string, text: string, line: number = 1): Promise<DecodeError> {
  const [lines, position] = await import('./json-position.ts')
    .then(({ jsonEndPlace }) => jsonEndPlace(text))
    // A page whose network went away cannot load it; the line matters more than the place in it.
    .catch(() => [0, 0] as const);
  return new DecodeError(what, line + lines, position);
}
