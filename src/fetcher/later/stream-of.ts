import type { Body } from './body.ts';

/** The body as it comes; `onBytes` is told of every chunk. */
export function streamOf(body: Body, onBytes?: (length: number) => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { line, reader } = body;
  return new ReadableStream(
    {
      pull: async (controller) => {
        body.listen();
        try {
          const result = reader && (await line.race(reader.read()));
          body.rest();
          if (result && !result.done) {
            onBytes?.(result.value.length);
            return controller.enqueue(result.value);
          }
          body.end();
          controller.close();
        } catch (error) {
          controller.error(await body.fail(error));
        }
      },
      cancel: (reason) => {
        body.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
