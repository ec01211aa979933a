import { type Bytes, joinBytes } from './bytes.ts';

/** A stream, compressed. */
export function gzipStream(body: ReadableStream<Bytes>): ReadableStream<Bytes> {
  return body.pipeThrough(new CompressionStream('gzip'));
}

/** Bytes, compressed. */
export async function gzipBytes(bytes: Bytes): Promise<Bytes> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}

const crcTable: Uint32Array = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The length field of a stored block has 16 bits. */
const maxStoredBytes = 0xffff;

/**
 * Gzip without compression, in stored blocks (RFC 1951, section 3.2.4): whatever was sent can be decoded at once.
 *
 * `CompressionStream` keeps what it is given until it has enough, and the web has no call that makes it flush; a body
 * that is paced, stalled or cut would not reach its reader.
 */
export class StoredGzip {
  #crc = 0xffffffff;
  #size = 0;

  /** The header of the format (RFC 1952): no name, no time, unknown system. */
  head(): Bytes {
    return new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  }

  /** A piece of the content. */
  piece(bytes: Uint8Array): Bytes {
    const parts: Uint8Array[] = [];
    for (let begin = 0; begin < bytes.length; begin += maxStoredBytes) {
      const part = bytes.subarray(begin, begin + maxStoredBytes);
      parts.push(storedHead(part.length, 0), part);
    }
    for (const byte of bytes) this.#crc = (this.#crc >>> 8) ^ (crcTable[(this.#crc ^ byte) & 0xff] ?? 0);
    this.#size += bytes.length;
    return joinBytes(parts);
  }

  /** The last block, which is empty, and the checks. */
  tail(): Bytes {
    const tail = new Uint8Array(13);
    tail.set(storedHead(0, 1));
    const view = new DataView(tail.buffer);
    view.setUint32(5, (this.#crc ^ 0xffffffff) >>> 0, true);
    view.setUint32(9, this.#size >>> 0, true);
    return tail;
  }
}

function storedHead(length: number, isLast: 0 | 1): Bytes {
  return new Uint8Array([isLast, length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff]);
}
