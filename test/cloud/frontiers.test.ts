import {
  ConfigurationError,
  Connection,
  DecodeError,
  FrontierSlot,
  isUnsavedRecordsError,
  ScrapyCloud,
  StreamInterruptedError,
  ValueTooLargeError,
} from 'tideway';
import type { Emulator, ReceivedRequest } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { numbered, openSlot, slotOf, slotPath } from '../helpers/frontier-slot.ts';
import { readUntilError } from '../helpers/reading.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

let cloud: ScrapyCloud;
let emulator: Emulator;
let requests: readonly ReceivedRequest[];
let slot: FrontierSlot;
beforeEach(() => {
  ({ cloud, emulator, requests, slot } = openSlot());
});

describe('A slot of a frontier', () => {
  it('queues requests, gives them in batches, and keeps them until they are deleted', async () => {
    await slot.q.add([{ fp: '/' }, { fp: 'page1.html', p: 1, qdata: { depth: 1 }, fdata: [2] }]);
    await slot.q.add({ fp: 'zero', p: 0, qdata: 0 });
    await slot.flush();
    const batches = await slot.q.list();
    expect(batches.map(({ requests: queued }) => queued)).toEqual([
      [
        ['/', null],
        ['zero', 0],
      ],
      [['page1.html', { depth: 1 }]],
    ]);
    expect(await slot.queue.list()).toEqual(batches);
    expect(await slot.f.list()).toEqual(['/', 'page1.html', 'zero']);
    await slot.queue.delete(batches[0]?.id ?? '');
    expect(await slot.queue.list()).toEqual(batches.slice(1));
    await slot.queue.delete(['00013967d8af7b0001', batches[1]?.id ?? '']);
    expect(await slot.queue.list()).toEqual([]);
    expect(await slot.fingerprints.list()).toEqual(['/', 'page1.html', 'zero']);
  });

  it('queues no fingerprint twice, and counts the new ones', async () => {
    await slot.queue.add([{ fp: 'a' }, { fp: 'a' }, { fp: 'b' }]);
    await slot.flush();
    expect(slot.newCount).toBe(2);
    await slot.fingerprints.add(['b', 'c']);
    await slot.fingerprints.add('d');
    await slot.flush();
    expect(slot.newCount).toBe(4);
    expect(requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });

  it('is deleted with its queue, its fingerprints, what is being stored, and its count', async () => {
    await slot.queue.add(numbered(3));
    await slot.delete();
    expect(slot.newCount).toBe(0);
    expect([await slot.queue.list(), await slot.fingerprints.list()]).toEqual([[], []]);
    await slot.queue.add(numbered(2));
    await slot.flush();
    expect(slot.newCount).toBe(2);
  });

  it('can be made by itself', async () => {
    const connection = new Connection({ auth: emulator.apiKey, fetch: emulator.fetch });
    const alone = new FrontierSlot(connection, '1', 'test', 'example.com');
    await alone.queue.add({ fp: 'x' });
    await alone.close();
    expect(await slot.fingerprints.list()).toEqual(['x']);
    expect(await rejection(alone.queue.add({ fp: 'y' }))).toMatchObject({ code: 'ERR_CONFIGURATION' });
  });

  it('may have any name that a path can hold', async () => {
    const odd = cloud.getProject(1).frontiers.get('a/b?c').get('http://é.com/%2F#x');
    await odd.queue.add({ fp: 'x' });
    await odd.flush();
    expect(await cloud.getProject(1).frontiers.list()).toEqual(['a/b?c']);
    expect(await cloud.getProject(1).frontiers.get('a/b?c').list()).toEqual(['http://é.com/%2F#x']);
    expect(await odd.fingerprints.list()).toEqual(['x']);
  });

  it.each(['', '.', '..', 5, undefined, '\ud800'])('is refused with the name %j', (name) => {
    const { frontiers } = cloud.getProject(1);
    expect(thrown(() => frontiers.get('a').get(name as string))).toBeInstanceOf(ConfigurationError);
    expect(thrown(() => frontiers.get(name as string).get('a'))).toBeInstanceOf(ConfigurationError);
  });

  it.each([
    [{}, '`fp`'],
    [{ fp: '' }, '`fp`'],
    [{ fp: 5 }, '`fp`'],
    [{ fp: 'a', p: 256 }, '`p` to be 0 to 255, got `256`'],
    [{ fp: 'a', p: -1 }, '`p`'],
    [{ fp: 'a', p: 1.5 }, '`p`'],
    [{ fp: 'a', p: '1' }, '`p`'],
    ['text', '`request` to be an object'],
    [null, '`request` to be an object'],
  ])('refuses the request %j, and all that comes with it', async (request, message) => {
    const error = await rejection(slot.queue.add([{ fp: 'fine' }, request as never]));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(message);
    await slot.flush();
    expect(requests).toEqual([]);
  });

  it('refuses fingerprints that are no text, and data that JSON cannot hold or that is too large', async () => {
    expect(String(await rejection(slot.fingerprints.add(['a', 5 as never])))).toContain('`fingerprint` to be text');
    expect(String(await rejection(slot.queue.add({ fp: 'a', qdata: { n: 1n } })))).toContain('field `qdata.n`');
    const large = slot.queue.add({ fp: 'a', qdata: 'é'.repeat(600_000) });
    expect(await rejection(large)).toBeInstanceOf(ValueTooLargeError);
    await slot.queue.add({ fp: 'b' });
    await slot.flush();
    expect(await slot.fingerprints.list()).toEqual(['b']);
  });

  it('makes no request for empty lists', async () => {
    await slot.queue.add([]);
    await slot.fingerprints.add([]);
    await slot.queue.delete([]);
    await slot.flush();
    await slot.close();
    expect(requests).toEqual([]);
  });

  it('refuses ids that are none', async () => {
    for (const id of ['', 5, undefined]) {
      expect(String(await rejection(slot.queue.delete([id as string])))).toContain('`id` to be text');
    }
  });

  it('stores many requests in batches of 5 000', async () => {
    await slot.queue.add(numbered(12_000));
    await slot.flush();
    expect(slot.newCount).toBe(12_000);
    expect(requests.length).toBeGreaterThanOrEqual(3);
    expect(requests.every(({ headers }) => !headers.has('content-encoding'))).toBe(true);
    expect(await slot.fingerprints.list()).toEqual(numbered(12_000).map(({ fp }) => fp));
    const batches = await slot.queue.list();
    expect(batches.flatMap(({ requests: queued }) => queued.map(([fp]) => fp))).toHaveLength(12_000);
    expect(await slot.queue.list({ minCount: 101 })).toEqual(batches.slice(0, 2));
  });

  it('tells what it could not store', async () => {
    emulator.faults.push({ method: 'POST', path: slotPath, status: 400 });
    await slot.queue.add(numbered(3));
    expect(await rejection(slot.flush())).toMatchObject({ status: 400, batch: { start: 0, count: 3 } });
    expect(slot.newCount).toBe(0);
    await slot.delete();
  });

  it('hands back what could not be stored when the tries are used up', async () => {
    emulator.faults.push({ method: 'POST', path: slotPath, status: 200, body: '<html>please log in</html>' });
    const retry = { attempts: 2, backoff: 1 };
    slot = slotOf(new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch, retry }));
    await slot.queue.add(numbered(3));
    const error = await rejection(slot.flush());
    expect(isUnsavedRecordsError(error) && error.records).toEqual(numbered(3));
    expect((error as Error).cause).toBeInstanceOf(DecodeError);
  });

  it('never takes a page of HTML for a queue, names or a success', async () => {
    emulator.faults.push({ status: 200, body: '<html>please log in</html>' });
    const { frontiers } = cloud.getProject(1);
    for (const outcome of [
      frontiers.list(),
      frontiers.get('a').list(),
      slot.queue.list(),
      slot.fingerprints.list(),
      slot.queue.delete('a'),
      slot.delete(),
    ]) {
      expect(await rejection(outcome)).toBeInstanceOf(DecodeError);
    }
  });
});

describe('Reading a slot', () => {
  it.each(['{}', '{"status":"error"}', '[]', '"text"', 'null'])(
    'does not take %j for a batch or a fingerprint',
    async (body) => {
      emulator.faults.push({ status: 200, body });
      expect(await rejection(slot.fingerprints.list())).toBeInstanceOf(DecodeError);
      expect(await rejection(slot.queue.list())).toBeInstanceOf(DecodeError);
      expect(await rejection(slot.queue.consume(() => {}))).toBeInstanceOf(DecodeError);
    },
  );

  it('goes on where it stopped when it breaks, also when what was read is deleted meanwhile', async () => {
    await slot.queue.add(numbered(1_000));
    await slot.flush();
    const whole = await slot.queue.list();
    expect(whole).toHaveLength(10);
    emulator.faults.push({ path: `${slotPath}/q`, cutAfterRecords: 3, times: 2 });
    const seen: unknown[] = [];
    const records = slot.queue.iter();
    for await (const batch of records) {
      seen.push(batch);
      await slot.queue.delete(batch.id);
    }
    expect(seen).toEqual(whole);
    expect(records.progress).toMatchObject({ delivered: 10, resumes: 2 });
    expect(await slot.queue.list()).toEqual([]);
    emulator.faults.splice(0, 9, { path: `${slotPath}/f`, cutAfterRecords: 300, times: 1 });
    const fingerprints = slot.fingerprints.iter();
    expect(await fingerprints.toArray()).toEqual(numbered(1_000).map(({ fp }) => fp));
    expect(fingerprints.progress).toMatchObject({ delivered: 1_000, resumes: 1 });
    expect(fingerprints.progress.bytes).toBeGreaterThan(0);
  });

  it('gives up where it breaks at the same place again and again', async () => {
    await slot.queue.add(numbered(1_000));
    await slot.flush();
    emulator.faults.push({ path: `${slotPath}/q`, cutAfterRecords: 3 });
    const events: number[] = [];
    const { delivered, error } = await readUntilError(
      slot.queue.iter({ onResume: (event) => void events.push(event.delivered) }),
    );
    expect(delivered).toHaveLength(3);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ delivered: 3 });
    expect(events).toEqual([3, 3, 3, 3, 3]);
  });

  it('can be left early, and frees the socket', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const remote = new ScrapyCloud({ auth: server.emulator.apiKey, endpoint: server.endpoint });
    const far = slotOf(remote);
    await far.queue.add(numbered(500));
    await far.flush();
    for await (const _ of far.fingerprints.iter()) break;
    for await (const _ of far.queue.iter()) break;
    expect(await far.fingerprints.iter().first()).toBe('/00000');
    expect(thrown(() => far.queue.iter({ minCount: 0 }))).toBeInstanceOf(ConfigurationError);
  });
});

describe('The frontiers of a project', () => {
  it('are listed, and their slots', async () => {
    const { frontiers } = cloud.getProject(1);
    expect([await frontiers.list(), await frontiers.get('b').list()]).toEqual([[], []]);
    for (const [name, key] of [
      ['b', 'y'],
      ['b', 'x'],
      ['a', 'z'],
    ] as const) {
      await frontiers.get(name).get(key).queue.add({ fp: '/' });
    }
    await frontiers.flush();
    expect(await frontiers.list()).toEqual(['a', 'b']);
    expect(await frontiers.iter().toArray()).toEqual(['a', 'b']);
    expect(await frontiers.get('b').list()).toEqual(['x', 'y']);
    expect(await frontiers.get('b').iter().toArray()).toEqual(['x', 'y']);
    expect(frontiers.get('b').key).toBe('b');
    expect(frontiers.get('b').get('x').key).toBe('x');
  });

  it('flush, count and close all slots that were asked for, whoever asked', async () => {
    const project = cloud.getProject(1);
    expect(project.frontiers).toBe(project.frontiers);
    const { frontiers } = project;
    await frontiers.get('a').get('x').queue.add(numbered(2));
    await frontiers.get('a').get('y').queue.add(numbered(3));
    await frontiers.get('b').get('x').fingerprints.add(['f']);
    expect(requests).toEqual([]);
    await frontiers.get('a').flush();
    expect([frontiers.get('a').newCount, frontiers.newCount]).toEqual([5, 5]);
    await frontiers.flush();
    expect([frontiers.get('b').newCount, frontiers.newCount]).toEqual([1, 6]);
    await frontiers.get('a').get('x').delete();
    expect(frontiers.newCount).toBe(4);
    await frontiers.get('a').get('x').queue.add({ fp: 'more' });
    await frontiers.close();
    expect(frontiers.newCount).toBe(5);
    for (const name of ['x', 'y']) {
      expect(String(await rejection(frontiers.get('a').get(name).queue.add({ fp: 'z' })))).toContain('was closed');
    }
  });

  it('store what they can when one of them fails', async () => {
    const { frontiers } = cloud.getProject(1);
    emulator.faults.push({ method: 'POST', path: /bad/, status: 400 });
    await frontiers.get('a').get('bad1').queue.add({ fp: 'x' });
    await frontiers.get('a').get('good').queue.add({ fp: 'x' });
    expect(await rejection(frontiers.flush())).toMatchObject({ status: 400 });
    await frontiers.get('b').get('bad2').queue.add({ fp: 'x' });
    await frontiers.get('b').get('bad3').queue.add({ fp: 'x' });
    const error = (await rejection(frontiers.close())) as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.message).toBe('3 writers could not store all they had');
    expect(error.errors).toEqual([
      expect.objectContaining({ path: '/hcf/1/a/s/bad1' }),
      expect.objectContaining({ path: '/hcf/1/b/s/bad2' }),
      expect.objectContaining({ path: '/hcf/1/b/s/bad3' }),
    ]);
    expect(frontiers.newCount).toBe(1);
  });

  it('are stored when the client is closed', async () => {
    await slot.queue.add({ fp: 'x' });
    await cloud.close();
    const again = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
    expect(await slotOf(again).fingerprints.list()).toEqual(['x']);
  });
});
