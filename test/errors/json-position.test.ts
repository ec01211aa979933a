import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonEndPosition, jsonErrorPosition } from '../../src/errors/json-position.ts';

/** Whether more text could make JSON of this: the slow way, by the grammar of RFC 8259 read off character by character. */
function isBeginning(text: string): boolean {
  let at = 0;
  class Impossible extends Error {}
  class Ended extends Error {}
  const peek = (): string => {
    const character = text[at];
    if (character === undefined) throw new Ended();
    return character;
  };
  const space = (): void => {
    while (' \t\r\n'.includes(peek())) at++;
  };
  const literal = (word: string): void => {
    for (const character of word) {
      if (peek() !== character) throw new Impossible();
      at++;
    }
  };
  const string = (): void => {
    literal('"');
    for (;;) {
      const character = peek();
      if (character < ' ') throw new Impossible();
      at++;
      if (character === '"') return;
      if (character !== '\\') continue;
      if (peek() === 'u') {
        at++;
        for (let digit = 0; digit < 4; digit++, at++) if (!/[\da-fA-F]/.test(peek())) throw new Impossible();
      } else if ('"\\/bfnrt'.includes(peek())) at++;
      else throw new Impossible();
    }
  };
  const digits = (): void => {
    if (!/\d/.test(peek())) throw new Impossible();
    while (/\d/.test(peek())) at++;
  };
  const number = (): void => {
    if (peek() === '-') at++;
    if (peek() === '0') at++;
    else digits();
    if (peek() === '.') {
      at++;
      digits();
    }
    if ('eE'.includes(peek())) {
      at++;
      if ('+-'.includes(peek())) at++;
      digits();
    }
  };
  const list = (end: string, member: () => void): void => {
    at++;
    space();
    if (peek() !== end) {
      for (;;) {
        space();
        member();
        space();
        if (peek() === end) break;
        literal(',');
      }
    }
    at++;
  };
  const value = (): void => {
    space();
    const character = peek();
    if (character === '{') {
      list('}', () => {
        string();
        space();
        literal(':');
        value();
      });
    } else if (character === '[') list(']', value);
    else if (character === '"') string();
    else if (character === 't') literal('true');
    else if (character === 'f') literal('false');
    else if (character === 'n') literal('null');
    else number();
  };
  try {
    value();
    space();
    return false;
  } catch (error) {
    return error instanceof Ended;
  }
}

/** The first character that no JSON can have there. */
function firstImpossible(text: string): number {
  for (let length = 1; length <= text.length; length++) if (!isBeginning(text.slice(0, length))) return length - 1;
  return text.length;
}

const json = fc
  .jsonValue({ maxDepth: 3 })
  .chain((value) => fc.constantFrom(JSON.stringify(value), JSON.stringify(value, null, 1)));

describe('The position at which text stops being JSON', () => {
  it('is the end of the text where it is JSON', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(jsonErrorPosition(text)).toBe(text.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('is in the token of the first character that cannot be, and never behind it', () => {
    const damage = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.constantFrom('', ',', '"', '}', ']', '{', '[', ':', '\\', 'x', '\u0001', '-', '0', ' '),
        fc.string({ maxLength: 3 }),
      ),
    });
    fc.assert(
      fc.property(json, damage, (text, { at, insert, remove }) => {
        const offset = at % (text.length + 1);
        const damaged = text.slice(0, offset) + insert + text.slice(offset + remove);
        let isJson = true;
        try {
          JSON.parse(damaged);
        } catch {
          isJson = false;
        }
        fc.pre(!isJson);
        const position = jsonErrorPosition(damaged);
        const expected = firstImpossible(damaged);
        expect(position).toBeLessThanOrEqual(expected);
        // What lies between is the start of a token: a string, a number or a word.
        expect(damaged.slice(position, expected)).toMatch(/^(".*|-?[\d.eE+-]*|[a-z]*)$/s);
      }),
      { numRuns: 1200 },
    );
  });

  it.each([
    ['', 0],
    ['   ', 3],
    ['<html>', 0],
    ['{"a":1', 6],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['{"a":1}}', 7],
    ['{"a":1} x', 8],
    ['[}', 1],
    ['{]', 1],
    ['nul', 0],
    ['[tru]', 1],
    ['01', 1],
    ['"\u0001"', 0],
    ["'a'", 0],
    ['[1,2', 4],
    ['{"a":', 5],
    ['NaN', 0],
    ['"\ud800" ]', 4],
  ])('of %j is %i', (text, expected) => {
    expect(jsonErrorPosition(text)).toBe(expected);
  });

  it('is found in megabytes of text', () => {
    expect(jsonErrorPosition(`{"a":"${'x'.repeat(8_000_000)}"oops}`)).toBe(8_000_007);
    expect(jsonErrorPosition(`{"a":"${'\\n'.repeat(4_000_000)}`)).toBe(5);
    expect(jsonErrorPosition(`[${'1,'.repeat(1_000_000)}]`)).toBe(2_000_001);
  });
});

describe('The position at which a text ends that was cut', () => {
  it.each(['"', '"kettle', '"a\\', '"a\\"', '"\\u12', '[tru', '{"a":"b', '-', '{"a":nul', '[1,"\ufffd'])(
    'is its end: %j',
    (text) => {
      expect(jsonEndPosition(text)).toBe(text.length);
    },
  );

  it.each([
    ['<html>', 0],
    ['hello', 0],
    ['true story', 5],
    ['tu', 0],
    ['"a" "b', 4],
    ['"a\\q"', 0],
    ['"\u0001', 0],
  ])('is where it stops being JSON, if it could never be: %j', (text, position) => {
    expect(jsonEndPosition(text)).toBe(position);
  });

  it('is found in megabytes of text', () => {
    for (const text of [`"${'x'.repeat(8_000_000)}`, `"${'\\n'.repeat(4_000_000)}`]) {
      expect(jsonEndPosition(text)).toBe(text.length);
    }
  });
});
