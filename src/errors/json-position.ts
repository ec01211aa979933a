const TOKEN =
  /[ \t\n\r]*(?:("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([[\]{}:,]))/uy;

/** The beginning of a string, its escapes taken out, or of a word: more text could make a token of it. */
const BEGINNING = /^("[^"\p{Cc}]*|-|t(ru?)?|f(a(ls?)?)?|n(ul?)?)$/u;

/** Where text stops being JSON: the lines before, and the position within the line. */
export function jsonEndPlace(text: string): readonly [lines: number, position: number] {
  const before = text.slice(0, jsonEndPosition(text)).split('\n');
  return [before.length - 1, before.at(-1)?.length ?? 0];
}

/** The same as {@link jsonErrorPosition}, but for text that was cut inside a token: that stops at its end. */
export function jsonEndPosition(text: string): number {
  const position = jsonErrorPosition(text);
  const before = text.slice(0, position).trimEnd().at(-1);
  if (before && !'[{,:'.includes(before)) return position;
  return BEGINNING.test(text.slice(position).replace(/\\./gs, '')) ? text.length : position;
}

/**
 * The character at which text stops being JSON (RFC 8259), counted from 0. The engines tell it in different words,
 * some not at all, and all of them quote the text, which must not be printed.
 */
export function jsonErrorPosition(text: string): number {
  const open: string[] = [];
  // What may come next: a value, a key, `:` behind it, or `,` and the closing bracket behind a value.
  let expected = 'value';
  let closable = false;
  TOKEN.lastIndex = 0;
  let position = 0;
  while (position < text.length) {
    const token = TOKEN.exec(text);
    if (!token) break;
    const [, string, scalar, mark] = token;
    const inside = open.at(-1);
    if (expected === 'value' && (string || scalar)) expected = 'next';
    else if (expected === 'value' && (mark === '[' || mark === '{')) {
      open.push(mark);
      expected = mark === '[' ? 'value' : 'key';
      closable = true;
      position = TOKEN.lastIndex;
      continue;
    } else if (expected === 'key' && string) expected = ':';
    else if (expected === ':' && mark === ':') expected = 'value';
    else if (expected === 'next' && mark === ',' && inside) expected = inside === '[' ? 'value' : 'key';
    else if ((closable || expected === 'next') && mark && mark === (inside === '[' ? ']' : '}') && inside) {
      open.pop();
      expected = 'next';
    } else break;
    closable = false;
    position = TOKEN.lastIndex;
  }
  while (' \t\r\n'.includes(text[position] ?? '-')) position++;
  return position;
}
