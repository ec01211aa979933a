import { type Job, ScrapyCloud } from 'tideway';
import { createEmulator, type Emulator } from 'tideway/emulator';
import { beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';

let emulator: Emulator;
let job: Job;
/** What a program that runs as the job has. */
let own: ScrapyCloud;
beforeEach(async () => {
  emulator = createEmulator({ projects: [123] });
  const cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
  job = await cloud.getProject(123).jobs.push('books', { state: 'running' });
  const token = await job.metadata.authToken();
  own = new ScrapyCloud({ auth: [job.key, String(token)], fetch: emulator.fetch });
});

describe("A job's own credential", () => {
  it('opens its data while the job runs', async () => {
    const { items } = own.getJob(job.key);
    await items.write({ x: 1 });
    await own.close();
    expect(await job.items.list()).toEqual([{ x: 1 }]);
  });

  it('is refused once the job is finished; what was not stored is handed back', async () => {
    const writer = own.getJob(job.key).items.writer();
    await writer.write({ x: 1 });
    await writer.flush();
    await writer.write({ x: 2 });
    await job.finish();
    expect(await rejection(writer.close())).toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      status: 401,
      batch: { start: 1, count: 1, storedAfter: [] },
    });
    expect(writer.unsaved()).toEqual([{ x: 2 }]);
    expect(await job.items.list()).toEqual([{ x: 1 }]);
  });

  it('does not open the data of another job', async () => {
    const error = await rejection(own.getJob('123/1/999').items.write({ x: 1 }));
    expect(error).toMatchObject({ status: expect.toSatisfy((status: number) => status === 401 || status === 403) });
  });
});
