/** Writing a job, and running it. */
import { allItems, itemOf, range, requestOf, sampleOf } from './seed.js';

export const writingCases = {
  'writes a job, compressed and plain': async ({ check, cloud }) => {
    const job = await pushed(cloud);
    const bytes = [];
    for (const contentEncoding of ['gzip', 'identity']) {
      const writer = job.items.writer({ size: 500, contentEncoding, onBatch: (batch) => bytes.push(batch.bytes) });
      for (const item of allItems()) await writer.write(item);
      await writer.close();
    }
    check.same(await job.items.list(), [...allItems(), ...allItems()], 'the items');
    check.equal(bytes.length, 6, 'the number of batches');
    check.ok(bytes[0] * 5 < bytes[3], `a body that gzip makes smaller, got ${bytes}`);
    const parent = await job.requests.add({ ...requestOf(0), ts: 5 });
    await job.requests.add({ ...requestOf(1), ts: 6, parent });
    await job.logs.error('Grüße, 世界 👋', { ts: 7 });
    await job.samples.write(sampleOf(0));
    await job.closeWriters();
    check.equal(
      (await job.requests.list()).map((request) => request.parent ?? null),
      [null, 0],
      'the parents',
    );
    check.equal(await job.logs.list(), [{ time: 7, level: 40, message: 'Grüße, 世界 👋' }], 'the log');
    check.same(await job.samples.list(), [sampleOf(0)], 'the samples');
  },

  'stores a batch once, however often it is sent': async ({ check, cloudWith, fault }) => {
    const cloud = cloudWith({ retry: { backoff: 1 }, timeout: 1_000 });
    const job = await pushed(cloud);
    const batches = { method: 'POST', path: `/items/${job.key}`, times: 1 };
    await fault({ ...batches, drop: 'after' });
    await fault({ ...batches, status: 503 });
    await fault({ ...batches, drop: 'before' });
    await fault({ ...batches, latency: 10_000 });
    for (const inFlight of [1, 2]) {
      const writer = job.items.writer({ size: 100, inFlight });
      for (const item of allItems()) await writer.write(item);
      await writer.close();
    }
    check.same(await job.items.list(), [...allItems(), ...allItems()], 'the items');
    await cloud.close();
  },

  'hands back what could not be stored': async ({ check, cloudWith, fault, tideway }) => {
    const cloud = cloudWith({ retry: { attempts: 2, backoff: 1 } });
    const job = await pushed(cloud);
    const writer = job.items.writer({ size: 100 });
    for (const item of range(0, 100, itemOf)) await writer.write(item);
    await writer.flush();
    await fault({ method: 'POST', path: `/items/${job.key}`, status: 503 });
    for (const item of range(100, 150, itemOf)) await writer.write(item);
    const error = await check.rejects(writer.close(), 'a writer of a server that is down');
    check.ok(error instanceof tideway.UnsavedRecordsError, `an UnsavedRecordsError, got ${error}`);
    check.equal(error.start, 100, 'where they begin');
    check.same(error.records, range(100, 150, itemOf), 'the records');
    check.same(writer.unsaved(), range(100, 150, itemOf), 'the records');
    check.same(await job.items.list(), range(0, 100, itemOf), 'the items');
    const bad = await check.rejects(job.logs.log(5), 'a message that is no text');
    check.ok(bad instanceof tideway.ConfigurationError, `a ConfigurationError, got ${bad}`);
    const big = await check.rejects(job.samples.write(range(0, 600_000, () => 12)), 'a sample of 1.8 MB');
    check.ok(big instanceof tideway.ValueTooLargeError, `a ValueTooLargeError, got ${big}`);
  },

  'runs the queue, tags, metadata, settings and activity': async ({ check, cloud, tideway }) => {
    const project = cloud.getProject(1);
    const job = await project.jobs.push('queued', { priority: 4, unique: 'one', note: 'Grüße' });
    const again = await check.rejects(project.jobs.push('queued', { unique: 'one' }), 'a job that is there');
    check.ok(again instanceof tideway.DuplicateJobError, `a DuplicateJobError, got ${again}`);
    check.equal((await project.jobs.startNext({ host: 'worker' })).key, job.key, 'the job whose turn it is');
    await job.metadata.update({ score: 7, passed: true });
    await job.metadata.delete('note');
    check.equal(await job.metadata.get('score'), 7, 'a field');
    check.equal(await job.metadata.get('note'), null, 'a field that is gone');
    check.equal(await job.finish({ close_reason: 'finished' }), 'running', 'the state before');
    await job.updateTags({ add: ['a', 'b'] });
    check.equal(await job.metadata.get('tags'), ['a', 'b'], 'the tags');
    await project.settings.update({ delay: 2, level: 'INFO' });
    check.equal(await project.settings.get('delay'), 2, 'a setting');
    await project.settings.delete('delay');
    await project.activity.add({ event: 'deploy', note: '世界' });
    check.equal((await project.activity.iter({ count: 1 }).first()).note, '世界', 'the newest event');
    const jobs = await project.jobs.runAll([{ spider: 'live' }, { spider: 'live', jobArgs: { a: '1' } }]);
    const ended = await project.jobs.waitForAll(
      jobs.map((run) => run.job),
      { interval: 20 },
    );
    check.equal(
      ended.map(({ state }) => state),
      ['finished', 'finished'],
      'the states',
    );
  },
};

/** A job that runs, and has nothing stored. */
function pushed(cloud) {
  return cloud.getProject(1).jobs.push('written', { state: 'running' });
}
