import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOfLine, parseWithoutKey } from '../../src/records/record-key.ts';

const jobKey = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()).map((parts) => parts.join('/'));
/** Keys of jobs' records, of collections, and such as need escapes. */
const key = fc.oneof(
  jobKey,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\"', '","_key":"x', '{"_key":"', ''),
);
const fieldName = fc.oneof(fc.string(), fc.constantFrom('_key ', '"_key"', '_ts', '__proto__', 'key', ',"_key":"x'));
const fieldValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('x","_key":"y', ',"_key":"z"}', { _key: 'nested' }, [{ _key: 'nested' }], '{"_key":"1/2/3/4"}'),
);

/** The text of a record with a key somewhere, and its parts. */
const line = fc
  .record({
    fields: fc.uniqueArray(fc.tuple(fieldName, fieldValue), { selector: ([name]) => name, maxLength: 6 }),
    key,
    place: fc.constantFrom('first', 'last', 'middle', 'before _ts'),
    spaces: fc.boolean(),
  })
  .map(({ fields, key, place, spaces }) => {
    const texts = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    const at = { first: 0, last: texts.length, middle: texts.length >> 1, 'before _ts': texts.length }[place];
    // ASCII only, as Python writes it, or as it is.
    const withKey = [...texts.slice(0, at), `"_key":${JSON.stringify(key)}`, ...texts.slice(at)];
    if (place === 'before _ts' && !fields.some(([name]) => name === '_ts')) {
      withKey.push('"_ts":1500000000000');
      texts.push('"_ts":1500000000000');
    }
    const [open, comma, close] = spaces ? ['{ ', ', ', ' }'] : ['{', ',', '}'];
    return { key, text: open + withKey.join(comma) + close, without: `{${texts.join(',')}}` };
  });

describe('The key of a line', () => {
  it('is found wherever it stands, and whatever it needs escaped', () => {
    fc.assert(
      fc.property(line, ({ key, text }) => {
        expect(keyOfLine(text)).toBe(key);
      }),
      { numRuns: 3000 },
    );
  });

  it('is taken off, and exactly the rest of the record stays', () => {
    fc.assert(
      fc.property(line, ({ text, without }) => {
        const record = parseWithoutKey(text) as object;
        expect(JSON.stringify(record)).toBe(JSON.stringify(JSON.parse(without)));
        expect(Object.hasOwn(record, '_key')).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('is found with escapes of Unicode, first and last', () => {
    expect(keyOfLine('{"_key":"a\\u0041","x":1}')).toBe('aA');
    expect(keyOfLine('{"x":1,"_key":"a\\u0041"}')).toBe('aA');
    expect(parseWithoutKey('{"x":1,"_key":"a\\u0041"}')).toEqual({ x: 1 });
    expect(parseWithoutKey('{"_key":"a\\u0041","x":1}')).toEqual({ x: 1 });
  });

  it('is undefined where there is none, or where it is no text', () => {
    for (const text of ['{}', '{"x":"y"}', '{"x":{"_key":"1/2/3/4"}}', '{"_key":7}', '[1,2]', '"_key"', 'null', '7']) {
      expect(keyOfLine(text)).toBeUndefined();
    }
  });

  it('leaves records alone that have none', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.startsWith('{') || !Object.hasOwn(JSON.parse(text), '_key'));
        expect(JSON.stringify(parseWithoutKey(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['{"_key":"1/2/3/4","x":}', '{"x":1,"_key":"1/2/3/4"', '{"_key":"1/2/3/4', '{"_key":"', ',"_key":"x"}'])(
    'does not make a record of what is none: %s',
    (text) => {
      expect(() => parseWithoutKey(text)).toThrow(SyntaxError);
    },
  );
});
