import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Connection, Items, Samples } from 'tideway';
import { afterEach, describe, expect, it } from 'vitest';

/** Answers with bodies whose end nothing marks but the closing of the connection, as old proxies do. */
describe('A body that ends by the closing of its connection', () => {
  let server: Server;
  let asked: URL[] = [];

  async function serve(answer: (url: URL) => string[], resource: 'items' | 'samples' = 'items'): Promise<Items> {
    asked = [];
    server = createServer((socket: Socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        const url = new URL(data.toString().split(' ')[1] ?? '/', 'http://server');
        asked.push(url);
        const lines = answer(url).map((line) => `${line}\n`);
        socket.end(
          `HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonlines\r\nconnection: close\r\n\r\n${lines.join('')}`,
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connection = new Connection({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
    return resource === 'items'
      ? new Items(connection, '1/2/3')
      : (new Samples(connection, '1/2/3') as unknown as Items);
  }

  const line = (n: number): string => JSON.stringify({ n, _key: `1/2/3/${n}` });
  const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);
  const behind = (url: URL): number => Number(url.searchParams.get('startafter')?.split('/')[3] ?? -1) + 1;

  afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

  it('is read on where it was cut between two records, until an answer has none', async () => {
    const items = await serve((url) => numbers(behind(url), Math.min(behind(url) + 40, 100)).map(line));
    const records = items.iter();
    expect((await records.toArray()).map(({ n }) => n)).toEqual(numbers(0, 100));
    expect(asked.map((url) => url.searchParams.get('startafter'))).toEqual([null, '1/2/3/39', '1/2/3/79', '1/2/3/99']);
    // Nothing broke that could be seen.
    expect(records.progress.resumes).toBe(0);
  });

  it('ends a read with a count without another question', async () => {
    const items = await serve(() => numbers(0, 10).map(line));
    expect(await items.list({ count: 10 })).toHaveLength(10);
    expect(asked).toHaveLength(1);
  });

  it('ends the read of an empty job without another question', async () => {
    const items = await serve(() => []);
    expect(await items.list()).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('is told apart from a server that begins anew whatever it is asked for', async () => {
    const items = await serve(() => numbers(0, 50).map(line));
    expect((await items.list()).map(({ n }) => n)).toEqual(numbers(0, 50));
    expect(asked).toHaveLength(2);
  });

  it('is counted where records have no keys', async () => {
    let stored = 20;
    const samples = await serve(() => numbers(0, stored++).map((n) => JSON.stringify([n, n])), 'samples');
    stored = 20;
    const read = (await samples.list({ count: 25 })) as unknown as number[][];
    expect(read.map(([time]) => time)).toEqual(numbers(0, 25));
  });
});
