import { BadRequestError, ConfigurationError, NotFoundError, type ScrapyCloud, Spider, type TagChanges } from 'tideway';
import { serveEmulator } from 'tideway/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { rejection } from '../helpers/rejection.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';

let server: StorageServer;
let cloud: ScrapyCloud;
beforeEach(async () => {
  server = untilOver(await storageServer());
  server.respond = () => ({ body: '{"status":"ok","count":3,"tags":["x"]}' });
  const emulated = await serveEmulator({
    projects: [1],
    seed: {
      spiders: [{ name: 'quotes', tags: ['daily'] }],
      jobs: [
        { spider: 'quotes', meta: { tags: ['old', 'kept'] } },
        { spider: 'quotes' },
        { spider: 'other', meta: { tags: ['old'] } },
      ],
    },
  });
  cloud = cloudOf(untilOver(emulated));
});

const form = (): [string, string][] => [...new URLSearchParams(server.requests.at(-1)?.body)];
const spider = () => new Spider(server.cloud().connection, '1/2', 'quotes');
/** Every call that changes tags, on the server that records. */
const calls: [string, (changes: TagChanges) => Promise<unknown>][] = [
  ['job.updateTags', (changes) => server.cloud().getJob('1/2/3').updateTags(changes)],
  [
    'jobs.updateTags',
    (changes) =>
      server
        .cloud()
        .getProject(1)
        .jobs.updateTags({ spider: 'quotes', ...changes }),
  ],
  ['spider.updateTags', (changes) => spider().updateTags(changes)],
];

describe('`job.updateTags`', () => {
  it('adds tags and takes others off', async () => {
    const job = cloud.getJob('1/1/1');
    expect(await job.updateTags({ add: ['new', 'kept'], remove: 'old' })).toBeUndefined();
    expect(await job.metadata.get('tags')).toEqual(['kept', 'new']);
    await job.updateTags({ add: 'a,b&c=é' });
    expect(await job.metadata.get('tags')).toEqual(['kept', 'new', 'a,b&c=é']);
  });

  it('sends a form', async () => {
    await server
      .cloud()
      .getJob('1/2/3')
      .updateTags({ add: ['a', 'b'], remove: ['c'] });
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/api/jobs/update.json' });
    expect(form()).toEqual([
      ['project', '1'],
      ['job', '1/2/3'],
      ['add_tag', 'a'],
      ['add_tag', 'b'],
      ['remove_tag', 'c'],
    ]);
  });

  it('rejects with NotFoundError when there is no such job', async () => {
    const error = await rejection(cloud.getJob('1/1/99').updateTags({ add: 'x' }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as Error).message).toContain('`1/1/99`');
  });
});

describe('`jobs.updateTags`', () => {
  it('changes the tags of all jobs of a spider and counts them', async () => {
    const { jobs } = cloud.getProject(1);
    expect(await jobs.updateTags({ spider: 'quotes', add: 'new', remove: 'old' })).toBe(2);
    expect(await cloud.getJob('1/1/1').metadata.get('tags')).toEqual(['kept', 'new']);
    expect(await cloud.getJob('1/1/2').metadata.get('tags')).toEqual(['new']);
    expect(await cloud.getJob('1/2/1').metadata.get('tags')).toEqual(['old']);
  });

  it('of a spider implies its name', async () => {
    expect(await spider().jobs.updateTags({ remove: ['c'] })).toBe(3);
    expect(form()).toEqual([
      ['project', '1'],
      ['spider', 'quotes'],
      ['remove_tag', 'c'],
    ]);
  });

  it('needs a spider', async () => {
    const error = await rejection(server.cloud().getProject(1).jobs.updateTags({ add: 'x' }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain('`spider`');
    expect(server.requests).toHaveLength(0);
  });
});

describe('`spider.updateTags`', () => {
  it('adds tags, takes others off and resolves to what there is then', async () => {
    const quotes = await cloud.getProject(1).spiders.get('quotes');
    expect(await quotes.updateTags({ add: ['weekly'], remove: ['daily', 'unknown'] })).toEqual(['weekly']);
    expect(await quotes.listTags()).toEqual(['weekly']);
    expect(await quotes.updateTags({ add: [], remove: [] })).toEqual(['weekly']);
  });

  it('sends JSON, and is not repeated', async () => {
    await spider().updateTags({ add: 'a', timeout: 1000 });
    expect(server.requests[0]).toMatchObject({ method: 'PATCH', path: '/api/v2/projects/1/spiders/2/tags' });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ add: ['a'], remove: [] });
    expect(server.requests[0]?.headers['content-type']).toBe('application/json');
    server.respond = () => ({ status: 503, body: '' });
    await rejection(spider().updateTags({ add: 'a' }));
    expect(server.requests).toHaveLength(2);
  });

  it('rejects with NotFoundError for a spider that is not deployed', async () => {
    const other = new Spider(cloud.connection, '1/77', 'other');
    expect(await rejection(other.updateTags({ add: 'x' }))).toBeInstanceOf(NotFoundError);
  });
});

describe.each(calls)('`%s`', (_name, call) => {
  it.each<[string, object]>([
    ['`add`', { add: ['a', 1] }],
    ['`add`', { add: 7 }],
    ['`add`', { add: null }],
    ['`add`', { add: '' }],
    ['`remove`', { remove: [''] }],
    ['`remove`', { add: ['a'], remove: { tag: 'b' } }],
    ['tags to `add` or to `remove`, got `neither`', {}],
  ])('refuses a wrong %s at the door: %j', async (message, changes) => {
    const error = await rejection(call(changes as TagChanges));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
    expect(server.requests).toHaveLength(0);
  });

  it('changes nothing where both lists are empty', async () => {
    await call({ add: [], remove: [] });
    expect(server.requests.filter(({ method }) => method !== 'GET')).toHaveLength(0);
  });

  it('rejects with what dash says, also with status 200', async () => {
    server.respond = () => ({ body: '{"status":"error","message":"bad tag"}' });
    const error = await rejection(call({ add: 'x' }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ reason: 'bad tag' });
  });

  it('rejects with DecodeError when the answer has no result', async () => {
    for (const body of ['{"status":"ok"}', '', '<html></html>']) {
      server.respond = () => ({ body });
      expect(await rejection(call({ add: 'x' }))).toMatchObject({ code: 'ERR_DECODE' });
    }
  });
});
