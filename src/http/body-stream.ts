import type { BodyReader } from './later/body-reader.ts';
import { Scope } from './scope.ts';

/**
 * A body as a stream: opened when it is first pulled, unless it is open already, and read when it is pulled. `open` is
 * given a signal that follows `signal`, and ends the opening when the stream is cancelled meanwhile.
 */
export function bodyStream(
  open: (signal: AbortSignal) => Promise<BodyReader>,
  opened?: BodyReader,
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const scope = new Scope(signal);
  let body = opened;
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          body ??= await open(scope.signal);
          const chunk = await body.read();
          if (chunk) return controller.enqueue(chunk);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        scope.end();
      },
      cancel: (reason) => {
        scope.abort(reason);
        body?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
