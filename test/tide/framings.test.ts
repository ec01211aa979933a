import fc from 'fast-check';
import { isDecodeError, isRecordTooLargeError } from 'tideway';
import {
  delimited,
  type Framing,
  jsonLines,
  jsonSequence,
  lengthPrefixed,
  lines,
  raw,
  type ServerSentEvent,
  sse,
} from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { bytesOf, cutAt, singly } from '../helpers/decoding.ts';
import { thrown } from '../helpers/rejection.ts';

interface Framed<T> {
  readonly records: T[];
  /** The message of what failed. */
  readonly failure: string | undefined;
}

/** What a framing makes of chunks. Each chunk is overwritten once it was pushed: it holds no longer. */
async function frame<T>(
  framing: Framing<T>,
  chunks: readonly Uint8Array[],
  maxRecordBytes = 1_000_000,
): Promise<Framed<T>> {
  const framer = await framing.open({ maxRecordBytes, lastEventId: undefined });
  const records: T[] = [];
  for (const chunk of chunks) {
    const own = chunk.slice();
    records.push(...framer.push(own).records);
    own.fill(0xff);
    if (framer.failure) return { records, failure: (await framer.failure()).message };
  }
  records.push(...framer.end().records);
  return { records, failure: (await framer.failure?.())?.message };
}

const text = fc.string({ unit: 'binary', maxLength: 30 });
const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 });
const offsets = fc.array(fc.nat(600), { maxLength: 25 });
const asText = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value) ?? 'undefined');

/** Bytes with what they are to be. */
interface Document {
  readonly bytes: Uint8Array;
  readonly expected: readonly unknown[];
}

const withoutNewline = text.map((value) => value.replaceAll(/[\r\n\uFEFF]/g, '_')).filter((value) => value !== '');
const newline = fc.constantFrom('\n', '\r\n', '\n\n', '\r\n\r\n');

const linesDocument: fc.Arbitrary<Document> = fc
  .tuple(fc.array(fc.tuple(withoutNewline, newline)), fc.option(withoutNewline))
  .map(([all, last]) => ({
    bytes: bytesOf(all.map((pair) => pair.join('')).join('') + (last ?? '')),
    expected: [...all.map(([line]) => line), ...(last === null ? [] : [last])],
  }));

const jsonLinesDocument: fc.Arbitrary<Document> = fc.array(fc.tuple(json, newline)).map((all) => ({
  bytes: bytesOf(all.map(([value, end]) => JSON.stringify(value) + end).join('')),
  expected: all.map(([value]) => value),
}));

const jsonSequenceDocument: fc.Arbitrary<Document> = fc
  .array(fc.tuple(json, fc.constantFrom(undefined, 1, '\t'), fc.constantFrom('\x1e', '\x1e\x1e', '\n\x1e \n')))
  .map((all) => ({
    bytes: bytesOf(all.map(([value, indent, start]) => `${start}${JSON.stringify(value, null, indent)}\n`).join('')),
    expected: all.map(([value]) => value),
  }));

const eventDocument: fc.Arbitrary<Document> = fc
  .array(
    fc.record({
      id: fc.option(withoutNewline.map((value) => value.replaceAll('\0', '_').trim())),
      event: fc.option(withoutNewline.map((value) => `e${value.trim()}`)),
      data: fc.array(withoutNewline, { minLength: 1, maxLength: 3 }),
      comment: fc.boolean(),
      end: fc.constantFrom('\n', '\r\n', '\r'),
    }),
  )
  .map((all) => {
    let lastId = '';
    const expected: ServerSentEvent[] = [];
    const blocks = all.map(({ comment, data, end, event, id }) => {
      lastId = id ?? lastId;
      expected.push({ id: lastId, event: event ?? 'message', data: data.join('\n') });
      return [
        ...(comment ? [': still here'] : []),
        ...(id === null ? [] : [`id: ${id}`]),
        ...(event === null ? [] : [`event: ${event}`]),
        ...data.map((line) => `data: ${line}`),
        '',
        '',
      ].join(end);
    });
    return { bytes: bytesOf(blocks.join('')), expected };
  });

const DELIMITER = Uint8Array.of(0, 1, 0, 2);
const noDelimiter = fc
  .array(fc.nat(3), { minLength: 1, maxLength: 20 })
  // None is in a record, and none begins in one and ends in the delimiter behind it.
  .filter((bytes) => Buffer.from([...bytes, ...DELIMITER]).indexOf(Buffer.from(DELIMITER)) === bytes.length);

const delimitedDocument: fc.Arbitrary<Document> = fc
  .tuple(fc.array(fc.tuple(noDelimiter, fc.nat(2))), fc.option(noDelimiter))
  .map(([all, last]) => ({
    bytes: Uint8Array.from([
      ...all.flatMap(([record, more]) => [
        ...record,
        ...Array(more + 1)
          .fill([...DELIMITER])
          .flat(),
      ]),
      ...(last ?? []),
    ]),
    expected: [...all.map(([record]) => Uint8Array.from(record)), ...(last ? [Uint8Array.from(last)] : [])],
  }));

const lengthDocument: fc.Arbitrary<Document> = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), newline))
  .map((all) => ({
    bytes: Buffer.concat(
      all.flatMap(([record, end]) => [Buffer.from(`${end === '\n' ? '' : end}${record.length}\r\n`), record]),
    ),
    expected: all.map(([record]) => record),
  }));

const framings: readonly (readonly [name: string, framing: Framing<unknown>, document: fc.Arbitrary<Document>])[] = [
  ['lines()', lines(), linesDocument],
  ['jsonLines()', jsonLines(), jsonLinesDocument],
  ['jsonSequence()', jsonSequence(), jsonSequenceDocument],
  ['sse()', sse(), eventDocument],
  ['delimited(bytes)', delimited(DELIMITER), delimitedDocument],
  ['lengthPrefixed()', lengthPrefixed(), lengthDocument],
];

/** Bytes compare as bytes, and values as their text: -0 and the order of fields count, too. */
function comparable(values: readonly unknown[]): unknown[] {
  return values.every((value) => value instanceof Uint8Array)
    ? values.map((value) => Array.from(value))
    : asText(values);
}

describe.each(framings)('%s', (_, framing, document) => {
  it('yields the same records however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(document, offsets, async ({ bytes, expected }, cuts) => {
        const { failure, records } = await frame(framing, cutAt(bytes, cuts));
        expect(failure).toBeUndefined();
        expect(comparable(records)).toEqual(comparable(expected));
      }),
      { numRuns: 300 },
    );
  });

  it('yields the same records when every byte comes alone', async () => {
    await fc.assert(
      fc.asyncProperty(document, async ({ bytes, expected }) => {
        const { failure, records } = await frame(framing, singly(bytes));
        expect(failure).toBeUndefined();
        expect(comparable(records)).toEqual(comparable(expected));
      }),
      { numRuns: 60 },
    );
  });

  it('fails behind the same records in any bytes, however they are cut', async () => {
    const noise = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        document.map(({ bytes }) => bytes),
      ),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(noise, offsets, fc.integer({ min: 1, max: 200 }), async (pieces, cuts, maxRecordBytes) => {
        const bytes = Uint8Array.from(Buffer.concat(pieces));
        const whole = await frame(framing, [bytes], maxRecordBytes);
        const cut = await frame(framing, cutAt(bytes, cuts), maxRecordBytes);
        expect(comparable(cut.records)).toEqual(comparable(whole.records));
        // Of a record that is wrong in two ways either may be found first.
        expect(cut.failure === undefined).toBe(whole.failure === undefined);
      }),
      { numRuns: 300 },
    );
  });
});

describe('raw()', () => {
  it('yields the same bytes however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), offsets, async (bytes, cuts) => {
        const { failure, records } = await frame(raw(), cutAt(bytes, cuts));
        expect(failure).toBeUndefined();
        expect(Buffer.concat(records)).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe('lines()', () => {
  it('takes blank lines for none, and white space for one', async () => {
    expect(await frame(lines(), [bytesOf('a\n\n\r\n \r\nb')])).toEqual({
      records: ['a', ' ', 'b'],
      failure: undefined,
    });
  });

  it('fails at bytes that are no UTF-8, behind the lines that are', async () => {
    const { failure, records } = await frame(lines(), [Uint8Array.of(0x61, 10, 0xff, 10)]);
    expect(records).toEqual(['a']);
    expect(failure).toContain('UTF-8 in line 2');
  });
});

describe('jsonSequence()', () => {
  it('yields a record at its LF, before the next one begins', async () => {
    const framer = await jsonSequence().open({ maxRecordBytes: 100, lastEventId: undefined });
    expect(framer.push(bytesOf('\x1e{"a":\n[1]}\n')).records).toEqual([{ a: [1] }]);
    expect(framer.push(bytesOf('\x1etrue')).records).toEqual([]);
    expect(framer.push(bytesOf('\n')).records).toEqual([true]);
  });

  it.each([
    ['a record without its LF', '\x1e1\n\x1e{"a":1}\x1e3\n', [1], [1, 3]],
    ['a record that is no JSON', '\x1e1\n\x1e{"a":}\n\x1e3\n', [1], [1, 3]],
    ['what has no separator before it', '\x1e1\n2\n\x1e3\n', [1], [1, 3]],
    ['a record that is cut at the end', '\x1e1\n\x1e12', [1], [1]],
    ['a record that is not UTF-8', '\x1e1\n\x1e"\xff"\n\x1e3\n', [1], [1, 3]],
  ])('fails at %s, or leaves it out', async (_, latin1, before, all) => {
    const bytes = Uint8Array.from(latin1, (character) => character.charCodeAt(0));
    const strict = await frame(jsonSequence(), [bytes]);
    expect(strict.records).toEqual(before);
    expect(strict.failure).toBeDefined();
    expect(await frame(jsonSequence({ malformed: 'skip' }), [bytes])).toEqual({ records: all, failure: undefined });
  });

  it('delivers nothing from behind a failure', async () => {
    const { failure, records } = await frame(jsonSequence(), [bytesOf('\x1e!\x1e0\n\x1e}}\n')]);
    expect(records).toEqual([]);
    expect(failure).toBeDefined();
  });

  it('fails at HTML at once', async () => {
    const framer = await jsonSequence().open({ maxRecordBytes: 100, lastEventId: undefined });
    framer.push(bytesOf('<'));
    expect(framer.failure?.()).toSatisfy(isDecodeError);
  });
});

describe('sse()', () => {
  it('remembers ids, also of blocks without data, and how long to wait', async () => {
    const framer = await sse().open({ maxRecordBytes: 100, lastEventId: 'before' });
    expect(framer.push(bytesOf('data: a\n\nid: 7\n\nretry: 40\ndata: b\n\nid\ndata: c\n\n')).records).toEqual([
      { id: 'before', event: 'message', data: 'a' },
      { id: '7', event: 'message', data: 'b' },
      { id: '', event: 'message', data: 'c' },
    ]);
    expect(framer).toMatchObject({ lastEventId: '', retry: 40 });
  });

  it('has no use for megabytes of comments', async () => {
    const comments = Array.from({ length: 1_000 }, () => bytesOf(`: ${'x'.repeat(1_000)}\n`));
    const endless = Array.from({ length: 1_000 }, () => bytesOf('x'.repeat(1_000)));
    const chunks = [...comments, bytesOf(':'), ...endless, bytesOf('\ndata: a\n\n')];
    expect(await frame(sse(), chunks, 5_000)).toEqual({
      records: [{ id: '', event: 'message', data: 'a' }],
      failure: undefined,
    });
  });

  it.each(['data: ', 'id: ', 'event: '])('refuses an endless `%s`', async (field) => {
    const chunks = [
      bytesOf('data: a\n\n'),
      bytesOf(field),
      ...Array.from({ length: 100 }, () => bytesOf('x'.repeat(100))),
    ];
    const { failure, records } = await frame(sse(), chunks, 5_000);
    expect(records).toHaveLength(1);
    expect(failure).toContain('larger than `maxRecordBytes`, 5000 bytes');
  });
});

describe('delimited()', () => {
  it('takes a text for its bytes, and makes of records what is wanted', async () => {
    const bytes = bytesOf('{"a":"é"}→→{"b":2}→');
    expect((await frame(delimited('→', { as: 'json' }), singly(bytes))).records).toEqual([{ a: 'é' }, { b: 2 }]);
    expect((await frame(delimited('→', { as: 'text' }), [bytes])).records).toEqual(['{"a":"é"}', '{"b":2}']);
  });

  it('finds the first of delimiters that overlap', async () => {
    expect((await frame(delimited('aa', { as: 'text' }), singly(bytesOf('xaaay')))).records).toEqual(['x', 'ay']);
  });

  it('fails at a record that is no JSON, and tells which', async () => {
    const { failure, records } = await frame(delimited(';', { as: 'json' }), [bytesOf('1;SECRET;3;')]);
    expect(records).toEqual([1]);
    expect(failure).toContain('line 2');
    expect(failure).not.toContain('SECRET');
  });

  it.each([[''], [new Uint8Array()], [5], [undefined]])('refuses the delimiter %o', (delimiter) => {
    expect(thrown(() => delimited(delimiter as string))).toHaveProperty('code', 'ERR_CONFIGURATION');
  });

  it('refuses a form that is none', () => {
    expect(thrown(() => delimited('\n', { as: 'xml' as 'json' }))).toHaveProperty('code', 'ERR_CONFIGURATION');
  });
});

describe('lengthPrefixed()', () => {
  it.each([
    ['no number', '3\nabcSECRET\n'],
    ['a sign', '-3\nabc'],
    ['a fraction', '3.5\nabc'],
    ['too short', '2\nabc\n'],
    ['so long that it is none', `${'1'.repeat(40)}\n`],
  ])('fails at a length that is %s', async (_, latin1) => {
    const { failure } = await frame(lengthPrefixed(), [bytesOf(latin1)]);
    expect(failure).toContain('the length of a record in bytes');
    expect(failure).not.toContain('SECRET');
  });

  it('fails at a length that is larger than a record may be, before it comes', async () => {
    const framer = await lengthPrefixed().open({ maxRecordBytes: 100, lastEventId: undefined });
    framer.push(bytesOf('101\n'));
    expect(framer.failure?.()).toSatisfy(isRecordTooLargeError);
  });

  it('makes of records what is wanted', async () => {
    const bytes = bytesOf('11\r\n{"a":"é"}\r\n\r\n3\n{}\n');
    expect((await frame(lengthPrefixed({ as: 'json' }), singly(bytes))).records).toEqual([{ a: 'é' }, {}]);
  });
});
