import {
  BadRequestError,
  ConfigurationError,
  ConnectionError,
  DuplicateJobError,
  isDuplicateJobError,
  type RunOptions,
  type ScrapyCloud,
  ServerError,
  Spider,
} from 'tideway';
import { serveEmulator } from 'tideway/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { prints } from '../helpers/prints.ts';
import { rejection } from '../helpers/rejection.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';

let server: StorageServer;
let cloud: ScrapyCloud;
beforeEach(async () => {
  server = untilOver(await storageServer());
  server.respond = () => ({ body: '{"status":"ok","jobid":"1/2/3"}' });
  cloud = cloudOf(untilOver(await serveEmulator({ projects: [1], seed: { spiders: ['quotes'] } })));
});

const form = (): [string, string][] => [...new URLSearchParams(server.requests.at(-1)?.body)];

describe('`jobs.run`', () => {
  it('sends a form, and resolves to the job', async () => {
    const job = await server.cloud().getProject(1).jobs.run('quotes');
    expect(job.key).toBe('1/2/3');
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/api/run.json' });
    expect(server.requests[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(form()).toEqual([
      ['project', '1'],
      ['spider', 'quotes'],
    ]);
  });

  it('sends every option by the name that it has there', async () => {
    await server
      .cloud()
      .getProject(1)
      .jobs.run('quotes', {
        jobArgs: { page: 3, tag: 'a&b', list: [1, 2], none: undefined, yes: true, nothing: null },
        jobSettings: { DELAY: 1 },
        units: 2,
        priority: 0,
        addTag: ['x', 'y'],
        meta: { state: 'running', note: 'é' },
        cmdArgs: '--set X=1',
        environment: { HOME: '/tmp' },
        timeout: 1000,
      });
    expect(form().sort(([left], [right]) => left.localeCompare(right))).toEqual([
      ['add_tag', 'x'],
      ['add_tag', 'y'],
      ['cmd_args', '--set X=1'],
      ['environment', '{"HOME":"/tmp"}'],
      ['job_settings', '{"DELAY":1}'],
      ['list', '[1,2]'],
      ['meta', '{"state":"running","note":"é"}'],
      ['nothing', 'null'],
      ['page', '3'],
      ['priority', '0'],
      ['project', '1'],
      ['spider', 'quotes'],
      ['tag', 'a&b'],
      ['units', '2'],
      ['yes', 'true'],
    ]);
  });

  it('takes a tag as a text', async () => {
    await server.cloud().getProject(1).jobs.run('quotes', { addTag: 'x' });
    expect(form()).toContainEqual(['add_tag', 'x']);
  });

  it('of a spider implies its name', async () => {
    const spider = new Spider(server.cloud().connection, '1/2', 'quotes');
    await spider.jobs.run({ jobArgs: { a: '1' } });
    expect(form()).toContainEqual(['spider', 'quotes']);
    expect(form()).toContainEqual(['a', '1']);
    await spider.jobs.run();
    expect(form()).toContainEqual(['spider', 'quotes']);
  });

  it('stores what it was told, in the emulator', async () => {
    const job = await cloud.getProject(1).jobs.run('quotes', {
      jobArgs: { page: 3 },
      jobSettings: { DELAY: 1 },
      addTag: ['x'],
      priority: 4,
      meta: { note: 'hello' },
    });
    expect(job.key).toBe('1/1/1');
    expect(await job.metadata.get('spider_args')).toEqual({ page: '3' });
    expect(await job.metadata.get('job_settings')).toEqual({ DELAY: 1 });
    expect(await job.metadata.get('tags')).toEqual(['x']);
    expect(await job.metadata.get('priority')).toBe(4);
    expect(await job.metadata.get('note')).toBe('hello');
    expect(await job.metadata.get('state')).toBe('pending');
  });

  it('rejects with DuplicateJobError when the same job is scheduled', async () => {
    const { jobs } = cloud.getProject(1);
    await jobs.run('quotes', { jobArgs: { a: '1' } });
    const error = await rejection(jobs.run('quotes', { jobArgs: { a: '1' } }));
    expect(error).toBeInstanceOf(DuplicateJobError);
    expect(isDuplicateJobError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ERR_DUPLICATE_JOB', status: 400, method: 'POST', path: '/api/run.json' });
    expect((error as Error).message).toContain('quotes already scheduled');
    // Others are none.
    expect((await jobs.run('quotes', { jobArgs: { a: '2' } })).key).toMatch(/^1\/1\//);
  });

  it('rejects with DuplicateJobError also when the refusal comes with status 200', async () => {
    server.respond = () => ({ body: '{"status":"error","message":"quotes already scheduled"}' });
    expect(await rejection(server.cloud().getProject(1).jobs.run('quotes'))).toBeInstanceOf(DuplicateJobError);
  });

  it('rejects with BadRequestError when there is no such spider', async () => {
    const error = await rejection(cloud.getProject(1).jobs.run('nobody'));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(isDuplicateJobError(error)).toBe(false);
  });

  it.each([
    ['is lost behind a broken connection', { drop: true }, ConnectionError],
    ['is 503', { status: 503, body: '' }, ServerError],
    ['is cut in its middle', { body: '{"status":"ok","jobid":"1/2/3"}', cutAfter: 10 }, ConnectionError],
  ])('is never repeated when the answer %s: the job may be scheduled all the same', async (_name, answer, type) => {
    server.respond = () => answer;
    const options: RunOptions = { retry: { attempts: 5, backoff: 1 } };
    expect(await rejection(server.cloud().getProject(1).jobs.run('quotes', options))).toBeInstanceOf(type);
    expect(server.requests).toHaveLength(1);
  });

  it('rejects when the answer names no job', async () => {
    server.respond = () => ({ body: '{"status":"ok"}' });
    expect(await rejection(server.cloud().getProject(1).jobs.run('quotes'))).toMatchObject({ code: 'ERR_DECODE' });
    server.respond = () => ({ body: '{"status":"ok","jobid":"oops"}' });
    expect(await rejection(server.cloud().getProject(1).jobs.run('quotes'))).toMatchObject({ code: 'ERR_DECODE' });
  });

  it.each<[string, string, unknown]>([
    ['`spider`', '', {}],
    ['`units`', 'quotes', { units: 0 }],
    ['`units`', 'quotes', { units: 1.5 }],
    ['`priority`', 'quotes', { priority: -1 }],
    ['`priority`', 'quotes', { priority: 5 }],
    ['`jobSettings`', 'quotes', { jobSettings: [] }],
    ['`jobSettings`', 'quotes', { jobSettings: 'x' }],
    ['`meta`', 'quotes', { meta: null }],
    ['`environment`', 'quotes', { environment: 'A=1' }],
    ['`environment`', 'quotes', { environment: { A: 1 } }],
    ['`environment`', 'quotes', { environment: { A: undefined } }],
    ['`cmdArgs`', 'quotes', { cmdArgs: ['--set', 'X=1'] }],
    ['`addTag`', 'quotes', { addTag: ['a', 1] }],
    ['`addTag`', 'quotes', { addTag: null }],
    ['`addTag`', 'quotes', { addTag: '' }],
    ['`options`', 'quotes', 'urgent'],
    ['`options`', 'quotes', null],
    ['`jobArgs`', 'quotes', { jobArgs: 'a=1' }],
    ['`jobArgs`', 'quotes', { jobArgs: ['a'] }],
    ['`jobArgs.f`', 'quotes', { jobArgs: { f: () => 1 } }],
    ['`jobArgs.b`', 'quotes', { jobArgs: { b: 1n } }],
    ['`meta`', 'quotes', { meta: { b: 1n } }],
    ['`jobArgs`', 'quotes', { jobArgs: { project: 2 } }],
    ['`jobArgs`', 'quotes', { jobArgs: { spider: 'other' } }],
  ])('refuses a wrong %s at the door: %s %o', async (name, spider, options) => {
    const error = await rejection(
      server
        .cloud()
        .getProject(1)
        .jobs.run(spider, options as RunOptions),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(name);
    expect(server.requests).toHaveLength(0);
  });

  it('needs the name of a spider, where none is implied', async () => {
    const error = await rejection(server.cloud().getProject(1).jobs.run());
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain('`spider`');
  });

  it('shows nothing of what was sent in its errors', async () => {
    server.respond = () => ({ status: 400, body: '{"status":"error","message":"No"}' });
    const error = await rejection(
      server
        .cloud()
        .getProject(1)
        .jobs.run('quotes', { jobArgs: { password: 'hunter2' } }),
    );
    expect(prints(error)).not.toContain('hunter2');
    expect(prints(error)).not.toContain('0'.repeat(32));
  });

  it('is ended by a signal', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    server.respond = () => {
      controller.abort(reason);
      return { after: new Promise(() => {}) };
    };
    const run = server.cloud().getProject(1).jobs.run('quotes', { signal: controller.signal });
    expect(await rejection(run)).toBe(reason);
  });
});
