import { ScrapyCloud } from 'tideway';
import { afterEach, expect, test, vi } from 'vitest';
import { collect, readUntilError } from '../helpers/reading.ts';
import { startServer } from '../helpers/server.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Lines longer and shorter than what is read into, with characters of several bytes at every place. */
const items = Array.from({ length: 300 }, (_, number) => ({ number, text: '京都é'.repeat((number * 37) % 2000) }));
const lines = items.map((item, number) => `${JSON.stringify({ ...item, _key: `1/2/3/${number}` })}\n`).join('');
const bytes = new TextEncoder().encode(lines);

/** Answers with one stream, as a `fetch` of the user's own may. */
function answering(body: ReadableStream<Uint8Array>): ScrapyCloud {
  return new ScrapyCloud({ fetch: async () => new Response(body) });
}

/** A stream of bytes that fills what it is handed, and counts how often that is new memory. */
function countingStream(): { body: ReadableStream<Uint8Array>; sizes: number[] } {
  const sizes: number[] = [];
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    type: 'bytes',
    pull(controller) {
      const request = (controller as ReadableByteStreamController).byobRequest;
      const view = request?.view;
      if (!view) throw new Error('Expected to be handed memory to fill');
      sizes.push(view.byteLength);
      const piece = bytes.subarray(at, at + Math.min(view.byteLength, 1 + ((at * 7919) % 40_000)));
      at += piece.length;
      new Uint8Array(view.buffer, view.byteOffset).set(piece);
      if (at === bytes.length && piece.length === 0) controller.close();
      request.respond(piece.length);
    },
  });
  return { body, sizes };
}

test('A browser reads records into the same memory again and again', async () => {
  vi.stubGlobal('document', {});
  const { body, sizes } = countingStream();
  expect(await answering(body).getJob('1/2/3').items.list()).toEqual(items);
  expect(new Set(sizes)).toEqual(new Set([128 * 1024]));
});

test('A browser reads records of a stream that cannot be read into', async () => {
  vi.stubGlobal('document', {});
  const body = new Blob([lines]).stream().pipeThrough(new TransformStream<Uint8Array, Uint8Array>());
  expect(await answering(body).getJob('1/2/3').items.list()).toEqual(items);
});

test('A browser hands out the chunks of a download for good', async () => {
  vi.stubGlobal('document', {});
  await using server = await startServer((response) => void response.end(lines));
  const cloud = new ScrapyCloud({ endpoint: server.url });
  const chunks = await collect(cloud.getJob('1/2/3').items.download({ format: 'jl' }));
  expect(await new Blob(chunks).text()).toBe(lines);
});

test('A browser leaves a body that it reads into', async () => {
  vi.stubGlobal('document', {});
  const cancelled = vi.fn();
  const body = new ReadableStream<Uint8Array>({ type: 'bytes', cancel: cancelled });
  const abort = new AbortController();
  const reading = readUntilError(answering(body).getJob('1/2/3').items.iter({ signal: abort.signal }));
  setTimeout(() => abort.abort('enough'), 10);
  expect(await reading).toEqual({ delivered: [], error: 'enough' });
  expect(cancelled).toHaveBeenCalledOnce();
});

test('Node gives back the memory of a chunk when it asks for the next one', async () => {
  const body = new ReadableStream<Uint8Array>({
    type: 'bytes',
    start(controller) {
      for (let at = 0; at < bytes.length; at += 1000) controller.enqueue(bytes.slice(at, at + 1000));
      controller.close();
    },
  });
  const buffers: ArrayBufferLike[] = [];
  const read = ReadableStreamDefaultReader.prototype.read;
  vi.spyOn(ReadableStreamDefaultReader.prototype, 'read').mockImplementation(async function (
    this: ReadableStreamDefaultReader<Uint8Array>,
  ) {
    const result = await read.call(this);
    if (result.value) buffers.push(result.value.buffer);
    return result;
  });
  expect(await answering(body).getJob('1/2/3').items.list()).toEqual(items);
  expect(buffers.length).toBeGreaterThan(100);
  expect(buffers.every(({ byteLength }) => byteLength === 0)).toBe(true);
});

test('Node leaves chunks alone that others may hold', async () => {
  const chunks = Array.from({ length: 100 }, (_, at) =>
    bytes.slice((at * bytes.length) / 100, ((at + 1) * bytes.length) / 100),
  );
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  expect(await answering(body).getJob('1/2/3').items.list()).toEqual(items);
  expect(await new Blob(chunks).text()).toBe(lines);
});
