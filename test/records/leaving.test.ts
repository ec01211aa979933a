import { type ReadOptions, type Records, StreamInterruptedError } from 'tideway';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../helpers/decoding.ts';
import { readUntilError } from '../helpers/reading.ts';
import { rejection } from '../helpers/rejection.ts';
import { deferred } from '../helpers/server.ts';
import { type Ending, numbered, type Reception, type StorageServer, storageServer } from '../helpers/storage-server.ts';

let server: StorageServer;
beforeEach(async () => {
  server = await storageServer();
});
afterEach(() => server[Symbol.asyncDispose]());

/** An endless job: its records come as long as somebody reads them. */
async function* endless(): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number += 100) {
    const lines = Array.from({ length: 100 }, (_, at) => `{"x":${number + at},"_key":"1/2/3/${number + at}"}\n`);
    yield bytesOf(lines.join(''));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const items = (options?: ReadOptions): Records<{ x: number }> =>
  server.cloud().getJob('1/2/3').items.iter<{ x: number }>(options);

/** How the only request ended, as the server saw it; `open` when it has not within a second. */
function ending(request: Reception | undefined = server.requests[0]): Promise<Ending | 'open' | undefined> {
  const late = new Promise<'open'>((resolve) => setTimeout(() => resolve('open'), 1000));
  return Promise.race([request?.ended, late]);
}

describe('The socket is freed', () => {
  const ways: Record<string, (records: Records<{ x: number }>) => Promise<unknown>> = {
    'by `break`': async (records) => {
      for await (const { x } of records) if (x === 250) break;
    },
    'by `return`': async (records) => {
      for await (const { x } of records) if (x === 250) return x;
    },
    'by an error of the loop': async (records) => {
      const error = new Error('mine');
      const failing = async (): Promise<void> => {
        for await (const { x } of records) if (x === 250) throw error;
      };
      expect(await rejection(failing())).toBe(error);
    },
    'by `break` between batches': async (records) => {
      for await (const batch of records.batches(200)) if ((batch[0]?.x ?? 0) > 250) break;
    },
    'by `break` between batches as they come': async (records) => {
      for await (const _ of records.batches()) break;
    },
    'by the limit of `toArray`': (records) => records.toArray({ limit: 250 }),
    'by `first`': (records) => records.first(),
    'by the end of the block, with `await using`': async (records) => {
      await using reading = records;
      await reading[Symbol.asyncIterator]().next();
    },
    'by cancelling a stream': async (records) => {
      const reader = records.toReadableStream().getReader();
      await reader.read();
      await reader.cancel();
    },
    'by leaving a loop over a stream': async (records) => {
      for await (const _ of records.toReadableStream()) break;
    },
    'by piping a stream into one that fails': async (records) => {
      const full = new Error('full');
      const writable = new WritableStream({
        write: ({ x }) => {
          if (x === 250) throw full;
        },
      });
      expect(await rejection(records.toReadableStream().pipeTo(writable))).toBe(full);
    },
    'by `throw` of the iterator': async (records) => {
      const iterator = records[Symbol.asyncIterator]();
      await iterator.next();
      await rejection(iterator.throw?.(new Error('mine')) as Promise<unknown>);
    },
  };

  for (const [name, leave] of Object.entries(ways)) {
    it(name, async () => {
      server.respond = () => ({ body: endless() });
      await leave(items());
      expect(await ending()).toBe('left');
      expect(server.requests).toHaveLength(1);
    });
  }

  it('when a reader leaves while it waits for the next record', async () => {
    server.respond = () => ({ body: '{"x":0}\n{"x":1', stallAfter: 12 });
    const iterator = items()[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await iterator.return?.();
    expect(await ending()).toBe('left');
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('when a reader leaves while it waits for the headers', async () => {
    const arrived = deferred();
    const never = deferred();
    server.respond = () => {
      arrived.resolve();
      return { after: never.promise };
    };
    const reader = items().toReadableStream().getReader();
    const waiting = reader.read();
    await arrived.promise;
    await reader.cancel();
    expect(await ending()).toBe('left');
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('and a read that waits to be resumed asks no more', async () => {
    server.data.set(
      'items/1/2/3',
      numbered(5, (x) => ({ x })),
    );
    server.respond = () => ({ cutAfter: 30 });
    const resumed = deferred();
    const iterator = items({ onResume: () => resumed.resolve() })[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await resumed.promise;
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const { length } = server.requests;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(server.requests).toHaveLength(length);
  });
});

describe('A signal ends a read with its reason', () => {
  const reason = new Error('enough');

  it('before it begins: nothing is asked for', async () => {
    expect(await rejection(items({ signal: AbortSignal.abort(reason) }).toArray())).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it('while it waits for the headers', async () => {
    const controller = new AbortController();
    const never = deferred();
    server.respond = () => {
      controller.abort(reason);
      return { after: never.promise };
    };
    expect(await rejection(items({ signal: controller.signal }).toArray())).toBe(reason);
    expect(await ending()).toBe('left');
  });

  it('while it waits for the next record', async () => {
    const controller = new AbortController();
    server.respond = () => ({ body: '{"x":0}\n', stallAfter: 8 });
    const iterator = items({ signal: controller.signal })[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    setTimeout(() => controller.abort(reason), 10);
    expect(await rejection(waiting)).toBe(reason);
    expect(await ending()).toBe('left');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('while records come: what came before was delivered, in order', async () => {
    const controller = new AbortController();
    server.respond = () => ({ body: endless() });
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { x } of items({ signal: controller.signal })) {
        seen.push(x);
        if (x === 250) controller.abort(reason);
      }
    };
    expect(await rejection(loop())).toBe(reason);
    expect(seen).toEqual(seen.map((_, index) => index));
    expect(seen.length).toBeGreaterThan(250);
    expect(await ending()).toBe('left');
  });

  it('while it waits to be resumed', async () => {
    const controller = new AbortController();
    server.data.set(
      'items/1/2/3',
      numbered(5, (x) => ({ x })),
    );
    server.respond = () => ({ cutAfter: 30 });
    const records = items({ signal: controller.signal, onResume: () => controller.abort(reason) });
    expect((await readUntilError(records)).error).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('in a stream of records', async () => {
    const controller = new AbortController();
    server.respond = () => ({ body: '{"x":0}\n', stallAfter: 8 });
    const reader = items({ signal: controller.signal }).toReadableStream().getReader();
    await reader.read();
    setTimeout(() => controller.abort(reason), 10);
    expect(await rejection(reader.read())).toBe(reason);
  });

  it('of a text as of an error: any reason', async () => {
    expect(await rejection(items({ signal: AbortSignal.abort('text') }).toArray())).toBe('text');
  });

  it('but not after its end', async () => {
    const controller = new AbortController();
    server.data.set(
      'items/1/2/3',
      numbered(2, (x) => ({ x })),
    );
    const iterator = items({ signal: controller.signal })[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    controller.abort(reason);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe('A deadline ends a read', () => {
  it('resumptions included, and is no interruption', async () => {
    server.data.set(
      'items/1/2/3',
      numbered(5, (x) => ({ x })),
    );
    server.respond = ({ repetition }) => (repetition === 0 ? { cutAfter: 30 } : { stallAfter: 0 });
    const { delivered, error } = await readUntilError(items({ deadline: 400 }));
    expect(delivered).toEqual([{ x: 0 }]);
    expect(error).not.toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline', timeout: 400 });
    expect(await ending(server.requests.at(-1))).not.toBe('open');
  });
});

describe('A read is never more than a chunk ahead of its reader', () => {
  it('so that the server is held up while nobody reads', async () => {
    const chunk = bytesOf(`${'{"x":"'.padEnd(64 * 1024 - 3, 'y')}"}\n`);
    let written = 0;
    server.respond = () => ({
      body: (async function* () {
        for (; written < 3000; written++) yield chunk;
      })(),
    });
    const iterator = items()[Symbol.asyncIterator]();
    await iterator.next();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // 187 MiB are there to be read; what is under way sits in the buffers of two sockets and of `fetch`.
    expect(written * chunk.length).toBeLessThan(24 * 1024 * 1024);
    await iterator.return?.();
    expect(await ending()).toBe('left');
  });
});
