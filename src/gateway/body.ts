import { Refusal } from './refusal.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Milliseconds; with more a timer would fire at once. */
const LONGEST_TIMER: number = 2 ** 31 - 1;

/** What is told of a {@link watched} body. */
export interface BodyWatch {
  /** Who sends it sent nothing for so long, although it was waited for. */
  readonly onIdle: () => void;
  /** Who receives it asked for nothing for so long. */
  readonly onStall: () => void;
  /** All of it has come. */
  readonly onEnd: () => void;
}

/** A body that tells when either side lets the other wait for so many milliseconds. Nothing is read ahead of its reader. */
export function watched(
  body: ReadableStream<Bytes>,
  timeout: number,
  { onEnd, onIdle, onStall }: BodyWatch,
): ReadableStream<Bytes> {
  const reader = body.getReader();
  const limit = Math.min(timeout, LONGEST_TIMER);
  let stall: ReturnType<typeof setTimeout>;
  const drop = (): void => {
    reader.cancel().catch(() => {});
  };
  return new ReadableStream<Bytes>(
    {
      start: () => {
        stall = setTimeout(onStall, limit);
      },
      pull: async (controller) => {
        clearTimeout(stall);
        let isIdle = false;
        const idle = setTimeout(() => {
          isIdle = true;
          onIdle();
          drop();
        }, limit);
        try {
          const { done, value } = await reader.read();
          // Never a normal end: what came would be stored as if it were all.
          if (isIdle) throw new Error('The body came to a halt');
          if (!done) {
            controller.enqueue(value);
            stall = setTimeout(onStall, limit);
            return;
          }
          onEnd();
          controller.close();
        } finally {
          clearTimeout(idle);
        }
      },
      cancel: (reason) => {
        clearTimeout(stall);
        onEnd();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Reads a body as a whole, decoded.
 *
 * @throws Refusal when it has more bytes than the limit, coded or decoded, and for codings other than gzip.
 */
export async function readWhole(body: ReadableStream<Bytes>, coding: string | null, limit: number): Promise<Bytes> {
  const bytes = await collect(body, limit);
  const name = coding?.trim().toLowerCase() || 'identity';
  if (name === 'identity' || bytes.length === 0) return bytes;
  if (name !== 'gzip') throw new Refusal(415, 'Expected `content-encoding` to be gzip or identity');
  const decoded = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  try {
    return await collect(decoded, limit);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'The body is not gzip');
  }
}

async function collect(body: ReadableStream<Bytes>, limit: number): Promise<Bytes> {
  const reader = body.getReader();
  const pieces: Bytes[] = [];
  let length = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    length += step.value.length;
    if (length > limit) {
      await reader.cancel();
      throw new Refusal(413, `Expected a body of at most ${limit} bytes`);
    }
    pieces.push(step.value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
