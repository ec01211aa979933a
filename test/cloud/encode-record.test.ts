import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRecord } from '../../src/cloud/later/encode-record.ts';
import { thrown } from '../helpers/rejection.ts';

const encode = (record: unknown): string => encodeRecord(record, (message) => new TypeError(message));
const refusal = (record: unknown): unknown => (thrown(() => encode(record)) as Error).message;

describe('A record as JSON', () => {
  it('is what JSON says of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(encode({ value })).toBe(JSON.stringify({ value }));
      }),
    );
  });

  it('has one line', () => {
    expect(encode({ text: 'a\nb\r\nc\u2028d' })).not.toMatch(/[\r\n]/);
  });

  it('has milliseconds for every Date, wherever it is', () => {
    const when = new Date('2026-01-02T03:04:05.678Z');
    const record = { when, list: [when, { when }], text: '2026-01-02T03:04:05.678Z', none: null, zero: new Date(0) };
    const time = when.getTime();
    expect(JSON.parse(encode(record))).toEqual({
      when: time,
      list: [time, { when: time }],
      text: '2026-01-02T03:04:05.678Z',
      none: null,
      zero: 0,
    });
  });

  it('takes what makes its own JSON, instances of classes and boxed values', () => {
    class Point {
      x = 1;
      readonly #hidden = 2;
      get sum(): number {
        return this.x + this.#hidden;
      }
    }
    const record = {
      url: new URL('http://example.com/'),
      point: new Point(),
      boxed: Object('text'),
      bare: Object.create(null),
    };
    expect(JSON.parse(encode(record))).toEqual({
      url: 'http://example.com/',
      point: { x: 1 },
      boxed: 'text',
      bare: {},
    });
  });

  it('leaves out what is undefined', () => {
    expect(encode({ a: undefined, b: [undefined, 1] })).toBe('{"b":[null,1]}');
  });

  it('takes an object that is there twice, and deep ones', () => {
    const shared = { x: 1 };
    expect(encode({ a: shared, b: [shared, shared] })).toBe('{"a":{"x":1},"b":[{"x":1},{"x":1}]}');
    let deep: object = {};
    for (let level = 0; level < 500; level++) deep = { deep };
    expect(encode(deep)).toBe(JSON.stringify(deep));
  });

  const cycle: { a: { list: unknown[] } } = { a: { list: [0] } };
  cycle.a.list.push(cycle.a);
  it.each<[string, unknown, string]>([
    ['a function', { price: { of: () => 1 } }, 'a function in its field `price.of`'],
    ['a BigInt', { list: [{ n: 1n }] }, 'a bigint in its field `list[0].n`'],
    ['a symbol', { s: Symbol('x') }, 'a symbol in its field `s`'],
    ['NaN', { n: Number.NaN }, 'NaN in its field `n`'],
    ['Infinity', [[1, Number.POSITIVE_INFINITY]], 'Infinity in its field `[0][1]`'],
    ['an invalid Date', { when: new Date('x') }, 'an invalid Date in its field `when`'],
    ['a Map', { map: new Map() }, 'a value of type Map in its field `map`'],
    ['a Set', { set: new Set() }, 'a value of type Set in its field `set`'],
    ['bytes', { data: new Uint8Array(2) }, 'a value of type Uint8Array in its field `data`'],
    ['a promise', { later: Promise.resolve() }, 'a value of type Promise in its field `later`'],
    ['a regular expression', { re: /x/ }, 'a value of type RegExp in its field `re`'],
    ['an error', { error: new Error('x') }, 'a value of type Error in its field `error`'],
    ['a cycle', cycle, 'an object that holds itself in its field `a.list[1]`'],
    ['a function alone', () => 1, 'a function'],
  ])('is refused with the name of the field: %s', (_name, record, what) => {
    expect(refusal(record)).toBe(`Expected a record that JSON can hold, got ${what}`);
  });

  it('is refused with the name of the field: a cycle far down', () => {
    const last: Record<string, unknown> = {};
    let top: object = last;
    for (let level = 0; level < 70; level++) {
      top = { d: top };
      if (level === 30) last.back = top;
    }
    const path = `${'d.'.repeat(70)}back`;
    expect(refusal(top)).toBe(
      `Expected a record that JSON can hold, got an object that holds itself in its field \`${path}\``,
    );
  });

  it('is refused where there is none, and where it is nested without end', () => {
    expect(refusal(undefined)).toBe('Expected a record, got undefined');
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    expect(refusal(deep)).toBe('Expected a record that JSON can hold, got one that is nested too deeply');
  });
});
