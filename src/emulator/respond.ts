import type { Answer } from './answer.ts';
import { anySignal } from './any-signal.ts';
import { BodyPieces, shapesBody } from './body-stream.ts';
import { type Bytes, encoder, joinBytes } from './bytes.ts';
import { corsHeaders } from './cors.ts';
import type { Effects } from './faults.ts';
import { gzipBytes, gzipStream, StoredGzip } from './gzip.ts';
import { LineSource } from './line-source.ts';
import type { RecordSource } from './record-source.ts';
import type { Backend } from './refusal-answer.ts';

/** How an answer is sent. */
export interface Delivery {
  readonly backend: Backend;
  readonly isHead: boolean;
  /** Whether streams are compressed. */
  readonly gzip: boolean;
  readonly effects: Effects;
  /** Ends the body. */
  readonly signal: AbortSignal;
}

/** A response's body: known as a whole, or a stream of pieces. */
interface Prepared {
  readonly body: Bytes | ReadableStream<Bytes>;
  readonly isCompressed: boolean;
}

const hasNoBody: ReadonlySet<number> = new Set([204, 205, 304]);

function pullStream(next: () => Promise<Bytes | undefined>, cancel: (reason: unknown) => void): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        for (;;) {
          const piece = await next();
          if (piece === undefined) return controller.close();
          if (piece.length > 0) return controller.enqueue(piece);
        }
      },
      cancel,
    },
    // Nothing is made ahead of the reader, and a break never overtakes what was sent before it.
    { highWaterMark: 0 },
  );
}

// Gzip that can be read up to any break; see StoredGzip.
function storedGzip(pieces: () => Promise<Bytes | undefined>): () => Promise<Bytes | undefined> {
  const gzip = new StoredGzip();
  let phase: 'head' | 'pieces' | 'done' = 'head';
  return async () => {
    if (phase === 'done') return undefined;
    if (phase === 'head') {
      phase = 'pieces';
      return gzip.head();
    }
    const piece = await pieces();
    if (piece !== undefined) return gzip.piece(piece);
    phase = 'done';
    return gzip.tail();
  };
}

async function prepareStream(source: RecordSource, delivery: Delivery): Promise<Prepared> {
  const { effects, gzip } = delivery;
  const leaving = new AbortController();
  const signal = anySignal(delivery.signal, leaving.signal);
  const pieces = new BodyPieces(source, effects, signal);
  const cancel = (reason: unknown): void => leaving.abort(reason);
  if (shapesBody(effects)) {
    const next = (): Promise<Bytes | undefined> => pieces.next();
    return { body: pullStream(gzip ? storedGzip(next) : next, cancel), isCompressed: gzip };
  }
  // A short body is sent as a whole, with its length, as the server does.
  const ahead: Bytes[] = [];
  while (ahead.length < 2) {
    const piece = await pieces.next();
    if (piece === undefined) {
      const whole = joinBytes(ahead);
      return { body: gzip ? await gzipBytes(whole) : whole, isCompressed: gzip };
    }
    if (piece.length > 0) ahead.push(piece);
  }
  const next = async (): Promise<Bytes | undefined> => {
    signal.throwIfAborted();
    return ahead.shift() ?? pieces.next();
  };
  const stream = pullStream(next, cancel);
  return { body: gzip ? gzipStream(stream) : stream, isCompressed: gzip };
}

function prepare(answer: Answer, delivery: Delivery): Promise<Prepared> | Prepared {
  if (typeof answer.body !== 'string') return prepareStream(answer.body, delivery);
  if (!shapesBody(delivery.effects)) return { body: encoder.encode(answer.body), isCompressed: false };
  return prepareStream(new LineSource(answer.body), { ...delivery, gzip: false });
}

/** Makes the response of an answer. */
export async function respond(answer: Answer, delivery: Delivery): Promise<Response> {
  const headers = new Headers({ ...corsHeaders, ...answer.headers });
  if (delivery.backend === 'jobq') headers.set('x-service-version', 'emulator');
  if (hasNoBody.has(answer.status)) return new Response(null, { status: answer.status, headers });
  const { body, isCompressed } = await prepare(answer, delivery);
  if (isCompressed) headers.set('content-encoding', 'gzip');
  if (body instanceof Uint8Array) headers.set('content-length', String(body.length));
  else if (delivery.isHead) await body.cancel();
  return new Response(delivery.isHead ? null : body, { status: answer.status, headers });
}
