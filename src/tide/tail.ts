import { jsonLines } from './json-lines.ts';
import type { TideOptions } from './options.ts';
import { Tide } from './tide.ts';

/** A line of a job's log. */
export interface LogLine {
  readonly message: string;
  /** 10 is DEBUG, 20 INFO, 30 WARNING, 40 ERROR, 50 CRITICAL. */
  readonly level: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Records that can be followed, such as the log of a Scrapy Cloud job. */
export interface Followable<T> {
  /** The records from the first on, and those that come, until the job is finished. */
  iter(options: { readonly follow: true | { readonly interval: number }; readonly signal: AbortSignal }): {
    /** The records in groups, as they come. */
    batches(): AsyncIterable<T[]>;
  };
}

/** What a tide of a log has of its own: how it is asked for is the log's affair. */
export interface TailOptions<T>
  extends Pick<TideOptions<T>, 'counter' | 'maxRecordBytes' | 'onState' | 'queue' | 'stallTimeout'> {
  /** The wait between two looks at the job, in milliseconds. @default 5_000 */
  readonly interval?: number;
}

/**
 * A job's log as a tide: it follows the job until that is finished, within the bounds of its runs, each of which begins
 * at the first line. Its items are `tail<Product>(job.items)`.
 *
 * @example
 * for await (const line of tail(job.logs).records({ limit: 100 })) console.log(line.message);
 */
export function tail<T = LogLine>(
  source: Followable<NoInfer<T>>,
  { interval, ...options }: TailOptions<T> = {},
): Tide<T> {
  const follow = interval === undefined || { interval };
  return new Tide<T>('http://localhost/tail', {
    ...options,
    framing: jsonLines<T>(),
    // A job may say nothing for as long as it likes.
    idleTimeout: Number.POSITIVE_INFINITY,
    fetch: async ({ signal }) => new Response(streamOf(source.iter({ follow, signal }).batches())),
  });
}

function streamOf(batches: AsyncIterable<unknown[]>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = batches[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value.map((record) => `${JSON.stringify(record)}\n`).join('')));
      },
      cancel: () => void iterator.return?.(),
    },
    { highWaterMark: 0 },
  );
}
