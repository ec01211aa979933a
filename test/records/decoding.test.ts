import { DecodeError, RecordTooLargeError } from 'tideway';
import { describe, expect, it } from 'vitest';
import { bytesOf, cutAt, decode, singly } from '../helpers/decoding.ts';
import { prints } from '../helpers/prints.ts';

/** In one piece, in single bytes, and cut at every place. */
function* waysToCut(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  yield singly(bytes);
  for (let offset = 1; offset < bytes.length; offset++) yield cutAt(bytes, [offset]);
}

describe('JSON lines', () => {
  it.each([
    ['with a newline at the end', '{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    ['without a newline at the end', '{"a":1}\n{"a":2}', [{ a: 1 }, { a: 2 }]],
    ['with CRLF', '{"a":1}\r\n{"a":2}\r\n', [{ a: 1 }, { a: 2 }]],
    ['with CRLF and no newline at the end', '{"a":1}\r\n{"a":2}\r', [{ a: 1 }, { a: 2 }]],
    ['with blank lines, before, between and after', '\n\r\n{"a":1}\n\n \t\n\r\n{"a":2}\n\n', [{ a: 1 }, { a: 2 }]],
    ['with a byte-order mark', '\uFEFF{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    ['with a byte-order mark before a blank line', '\uFEFF\n{"a":1}', [{ a: 1 }]],
    ['of a byte-order mark alone', '\uFEFF', []],
    ['with characters of two, three and four bytes', '{"é":"€"}\n"𝒳\uFEFF"\n', [{ é: '€' }, '𝒳\uFEFF']],
    [
      'with separators that are no newlines',
      '"\u2028\u2029\u0085\\n\u000b"\n1\n'.replace('\u000b', ''),
      ['\u2028\u2029\u0085\n', 1],
    ],
    ['of every kind of value', '1\n-0.5e3\n"x"\ntrue\nnull\n[1,[2]]\n{}\n', [1, -500, 'x', true, null, [1, [2]], {}]],
    ['that are empty', '', []],
    ['of newlines alone', '\n\n\r\n', []],
  ])('are decoded %s, wherever they are cut', async (_name, text, expected) => {
    for (const chunks of waysToCut(bytesOf(text))) {
      const { failure, lines, records } = await decode(chunks);
      expect(failure).toBeUndefined();
      expect(records).toEqual(expected);
      expect(lines).toHaveLength(expected.length);
      expect(lines.map((line) => JSON.parse(line))).toEqual(expected);
    }
  });

  it('are not freed of a byte-order mark that is not at the start', async () => {
    for (const chunks of waysToCut(bytesOf('1\n\uFEFF2\n'))) {
      const { failure, records } = await decode(chunks);
      expect(records).toEqual([1]);
      expect(failure).toMatchObject({ line: 2, position: 0 });
    }
  });

  it('may come in a buffer that is read into again', async () => {
    const bytes = bytesOf('{"a":1}\n{"é":"€"}\n{"a":2}');
    function* reusing(): Generator<Uint8Array> {
      const buffer = new Uint8Array(5);
      for (let at = 0; at < bytes.length; at += 5) {
        const piece = bytes.subarray(at, at + 5);
        buffer.fill(0).set(piece);
        yield buffer.subarray(0, piece.length);
      }
    }
    expect((await decode(reusing())).records).toEqual([{ a: 1 }, { é: '€' }, { a: 2 }]);
  });

  it('may come in empty chunks', async () => {
    const empty = new Uint8Array();
    expect((await decode([empty, bytesOf('[1'), empty, bytesOf(']\n'), empty])).records).toEqual([[1]]);
  });
});

describe('A line that is not JSON', () => {
  it('is a DecodeError with line and position, behind the records before it', async () => {
    const text = '{"a":1}\n\n{"a":2}\r\n{"secret":"hunter2", oops}\n{"a":3}\n';
    for (const chunks of waysToCut(bytesOf(text))) {
      const { failure, records } = await decode(chunks);
      expect(records).toEqual([{ a: 1 }, { a: 2 }]);
      expect(failure).toBeInstanceOf(DecodeError);
      expect(failure).toMatchObject({ code: 'ERR_DECODE', line: 4, position: 21 });
    }
  });

  it('is never shown by its error', async () => {
    const { failure } = await decode([bytesOf('{"secret":"hunter2", oops}\n')]);
    const shown = prints(failure);
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain('oops');
    expect(failure?.message).toContain('line 1');
    expect(failure?.message).toContain('21');
  });

  it('is one also when it is long: megabytes of text before the place are looked through', async () => {
    const text = `{"a":"${'x'.repeat(7_000_000)}"oops}\n`;
    const { failure } = await decode([bytesOf(text)]);
    expect(failure).toBeInstanceOf(DecodeError);
    expect(failure).toMatchObject({ line: 1, position: 7_000_007 });
  });

  it('is one also when it is nested as deep as nobody can follow', async () => {
    const { failure } = await decode([bytesOf(`${'['.repeat(1_000_000)}\n`)]);
    expect(failure).toBeInstanceOf(DecodeError);
    expect(failure).toMatchObject({ line: 1, position: 1_000_000 });
  });

  it('is one also at the end of the bytes', async () => {
    const { failure, records } = await decode([bytesOf('1\n{"a"')]);
    expect(records).toEqual([1]);
    expect(failure).toMatchObject({ line: 2, position: 4 });
  });
});

describe('A line that is not UTF-8', () => {
  it.each([
    ['a lone continuation byte', [0x80]],
    ['a character that is cut off', [0xe2, 0x82]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a byte that is in no character', [0xff]],
  ])('is a DecodeError behind the records before it: %s', async (_name, bad) => {
    const bytes = new Uint8Array([...bytesOf('"\uFFFD"\n2\n"é'), ...bad, ...bytesOf('"\n4\n')]);
    for (const chunks of waysToCut(bytes)) {
      const { failure, records } = await decode(chunks);
      expect(records).toEqual(['\uFFFD', 2]);
      expect(failure).toBeInstanceOf(DecodeError);
      expect(failure).toMatchObject({ line: 3, position: 2 });
      expect(failure?.message).toContain('UTF-8');
    }
  });
});

describe('`maxRecordBytes`', () => {
  it('lets a record through that is as large, counted in bytes', async () => {
    const text = '"€€"\n"€€"\n';
    for (const chunks of waysToCut(bytesOf(text))) {
      const { failure, records } = await decode(chunks, 8);
      expect(failure).toBeUndefined();
      expect(records).toEqual(['€€', '€€']);
    }
  });

  it('ends the decoding with a RecordTooLargeError, behind the records before it', async () => {
    const text = '"€€"\n"€€a"\n1\n';
    for (const chunks of waysToCut(bytesOf(text))) {
      const { failure, records } = await decode(chunks, 8);
      expect(failure).toBeInstanceOf(RecordTooLargeError);
      expect(failure).toMatchObject({ code: 'ERR_RECORD_TOO_LARGE', limit: 8 });
      expect(failure?.message).toContain('line 2');
      expect(records).toEqual(['€€']);
    }
  });

  it('is enforced before the newline comes', async () => {
    let chunks = 0;
    function* endless(): Generator<Uint8Array> {
      yield bytesOf('1\n');
      for (;;) {
        chunks++;
        yield bytesOf('x'.repeat(100));
      }
    }
    const { failure, records } = await decode(endless(), 1000);
    expect(failure).toBeInstanceOf(RecordTooLargeError);
    expect(records).toEqual([1]);
    expect(chunks).toBe(11);
  });

  it('does not count lines together', async () => {
    const line = `"${'x'.repeat(90)}"\n`;
    const { failure, records } = await decode([bytesOf(line.repeat(1000))], 100);
    expect(failure).toBeUndefined();
    expect(records).toHaveLength(1000);
  });
});
