import { NotFoundError, StreamInterruptedError } from 'tideway';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readUntilError } from '../helpers/reading.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { numbered, type StorageServer, type StoredRecord, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
});

const follow = { interval: 5 };
const job = () => server.cloud().getJob('1/2/3');

/** The job runs for so many looks at its state, and each one finds more records; the last ones come with its end. */
function grow(resource: string, looks: number, record: (number: number) => unknown, perLook = 3): StoredRecord[] {
  const all = numbered((looks + 1) * perLook, record);
  server.data.set(`${resource}/1/2/3`, all.slice(0, perLook));
  server.states.set('1/2/3', 'running');
  let look = 0;
  server.respond = ({ path }) => {
    if (path !== '/jobs/1/2/3/state') return undefined;
    look++;
    server.data.set(`${resource}/1/2/3`, all.slice(0, (look + 1) * perLook));
    if (look === looks) server.states.set('1/2/3', 'finished');
    return undefined;
  };
  return all;
}

describe('`follow`', () => {
  it('reads until the job is finished and its last record is delivered', async () => {
    const all = grow('items', 5, (x) => ({ x }));
    const records = job().items.iter({ follow });
    expect(await records.toArray()).toEqual(all.map(({ data }) => data));
    expect(records.progress).toMatchObject({ delivered: 18, resumes: 0, lastKey: '1/2/3/17' });
  });

  it('delivers what is written between the last look at the job and the last look at its data', async () => {
    const all = numbered(6, (x) => ({ x }));
    server.data.set('items/1/2/3', all.slice(0, 3));
    server.states.set('1/2/3', 'running');
    let passes = 0;
    server.respond = ({ path }) => {
      if (path !== '/items/1/2/3') return undefined;
      // Everything happens behind the back of the second pass: the job writes its last records, and finishes.
      if (++passes === 2) {
        const body = server.bodyOf(path, 'meta=_key&startafter=1/2/3/2');
        server.data.set('items/1/2/3', all);
        server.states.set('1/2/3', 'finished');
        return { body };
      }
      return undefined;
    };
    expect(await job().items.list({ follow })).toHaveLength(6);
  });

  it('begins each look behind the last record, and asks for nothing twice', async () => {
    grow('items', 3, (x) => ({ x }));
    await job().items.list({ follow });
    const bounds = server.requests
      .filter(({ path }) => path === '/items/1/2/3')
      .map(({ query }) => query.get('startafter'));
    // The first look at the state comes before the first look at the data.
    expect(bounds).toEqual([null, '1/2/3/5', '1/2/3/8']);
  });

  it('reads a finished job once', async () => {
    server.data.set(
      'items/1/2/3',
      numbered(3, (x) => ({ x })),
    );
    expect(await job().items.list({ follow: true })).toHaveLength(3);
    expect(server.requests.map(({ path }) => path)).toEqual(['/jobs/1/2/3/state', '/items/1/2/3']);
  });

  it('waits for a pending job that has nothing yet', async () => {
    server.states.set('1/2/3', 'pending');
    let looks = 0;
    server.respond = ({ path }) => {
      if (path === '/jobs/1/2/3/state' && ++looks === 4) {
        server.states.set('1/2/3', 'finished');
        server.data.set(
          'items/1/2/3',
          numbered(2, (x) => ({ x })),
        );
      }
      return undefined;
    };
    expect(await job().items.list({ follow })).toEqual([{ x: 0 }, { x: 1 }]);
    expect(looks).toBe(4);
  });

  it('ends with a job that is deleted', async () => {
    const all = grow('items', 2, (x) => ({ x }));
    const { respond } = server;
    server.respond = (request) => {
      const answer = respond(request);
      if (server.states.get('1/2/3') === 'finished') server.states.set('1/2/3', 'deleted');
      return answer;
    };
    expect(await job().items.list({ follow })).toHaveLength(all.length);
  });

  it('with a filter, and with a level', async () => {
    grow('logs', 5, (number) => ({ time: number, level: number % 2 === 0 ? 20 : 40, message: `${number}` }));
    const found = await job().logs.list({ follow, level: 'ERROR', filter: ['message', 'contains', ['1']] });
    expect(found.map(({ message }) => message)).toEqual(['1', '11', '13', '15', '17']);
    const data = server.requests.filter(({ path }) => path === '/logs/1/2/3');
    expect(data.map(({ query }) => query.getAll('filter'))).toEqual(
      data.map(() => ['["message","contains",["1"]]', '["level",">=",[40]]']),
    );
  });

  it('delivers samples once, though each look begins at the first one', async () => {
    const all = grow('samples', 4, (number) => [number, 1]);
    const records = job().samples.iter({ follow });
    expect(await records.toArray()).toEqual(all.map(({ data }) => data));
    expect(records.progress).toMatchObject({ delivered: 15, resumes: 0 });
  });

  it('stops at `count`, though the job goes on', async () => {
    grow('items', 100, (x) => ({ x }));
    expect(await job().items.list({ follow, count: 7 })).toHaveLength(7);
    expect(server.states.get('1/2/3')).toBe('running');
  });

  it('goes on when a look breaks', async () => {
    withoutWaits();
    const all = grow('items', 6, (x) => ({ x }));
    const { respond } = server;
    let passes = 0;
    server.respond = (request) => {
      if (request.path === '/items/1/2/3') {
        passes++;
        return passes % 2 === 1 ? { cutAfter: 40 } : undefined;
      }
      return passes === 3 && request.repetition % 2 === 0 ? { status: 503, body: '' } : respond(request);
    };
    expect(await job().items.list({ follow })).toEqual(all.map(({ data }) => data));
  });

  it('does not end before the job does, however often the data is whole', async () => {
    server.states.set('1/2/3', 'running');
    server.data.set(
      'items/1/2/3',
      numbered(2, (x) => ({ x })),
    );
    const iterator = job().items.iter({ follow })[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const waiting = iterator.next();
    const looks = vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(6), 10_000);
    expect(await Promise.race([waiting, looks.then(() => 'waits')])).toBe('waits');
    server.states.set('1/2/3', 'finished');
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('of a job that is not there is a NotFoundError', async () => {
    server.states.set('1/2/3', null);
    expect(await rejection(job().items.list({ follow }))).toBeInstanceOf(NotFoundError);
  });

  it('of a job that disappears is an interruption that says how far it came', async () => {
    grow('items', 100, (x) => ({ x }));
    const { respond } = server;
    server.respond = (request) => {
      const answer = respond(request);
      if (request.repetition === 3) server.states.set('1/2/3', null);
      return answer;
    };
    const { delivered, error } = await readUntilError(job().items.iter({ follow }));
    expect(delivered.length).toBeGreaterThan(0);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ delivered: delivered.length, cause: { status: 404 } });
  });

  it('is ended by a signal while it waits', async () => {
    server.states.set('1/2/3', 'running');
    const reason = new Error('enough');
    const controller = new AbortController();
    const reading = job().items.list({ follow: true, signal: controller.signal });
    while (server.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    setTimeout(() => controller.abort(reason), 20);
    expect(await rejection(reading)).toBe(reason);
    expect(server.requests).toHaveLength(2);
  });

  it('is ended by a deadline while it waits', async () => {
    server.states.set('1/2/3', 'running');
    const error = await rejection(job().items.list({ follow, deadline: 60 }));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline' });
  });

  it('is ended by its reader while it waits', async () => {
    server.states.set('1/2/3', 'running');
    const iterator = job().items.iter({ follow })[Symbol.asyncIterator]();
    const waiting = iterator.next();
    while (server.requests.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const { length } = server.requests;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toHaveLength(length);
  });

  it.each([0, -1, Number.NaN, 2 ** 31])('refuses an interval of %d', (interval) => {
    expect(thrown(() => job().items.iter({ follow: { interval } }))).toMatchObject({ code: 'ERR_CONFIGURATION' });
  });
});
