import type { TimeoutError } from '../errors/index.ts';
import type { BodyReader } from '../http/later/body-reader.ts';

/**
 * The next chunk of a body that must bring a record in time: blank lines, which keep a connection alive, prove nothing.
 *
 * @param since When no record had come yet, on the clock of `performance`.
 * @param stallTimeout How long none may come, in milliseconds.
 * @param Timeout The error's class.
 * @throws TimeoutError of phase `stall`.
 */
export async function readUnlessStalled(
  body: BodyReader,
  since: number,
  stallTimeout: number,
  Timeout: typeof TimeoutError,
): Promise<Uint8Array | undefined> {
  const { method, path, scope } = body.exchange;
  const left = since + stallTimeout - performance.now();
  const stalled = (): TimeoutError =>
    new Timeout(`The body of ${method} ${path} went on with no record`, 'stall', stallTimeout);
  // No timer would fire while chunks without a record come at once, one after the other.
  if (left <= 0) throw stalled();
  const stop = scope.timer(left, stalled);
  try {
    return await body.read();
  } finally {
    stop();
  }
}
