/** Reads that are left, aborted and closed. */

export const leavingCases = {
  'frees the socket when a loop is left early': async (context) => {
    const { check, job } = context;
    for (const leave of [
      async (records) => {
        for await (const _ of records) break;
      },
      async (records) => {
        for await (const _ of records.batches()) break;
      },
      async (records) => {
        const error = new Error('mine');
        const loop = async () => {
          for await (const _ of records) throw error;
        };
        check.ok((await check.rejects(loop(), 'a loop that throws')) === error, 'the error that was thrown');
      },
      async (records) => {
        const reader = records.toReadableStream().getReader();
        await reader.read();
        await reader.cancel();
      },
      (records) => records.first(),
    ]) {
      await leavesSocket(context, job, leave);
    }
  },

  'frees the socket of a read that waits when it is disposed of': async (context) => {
    const { check, job } = context;
    if (!Symbol.asyncDispose) {
      check.ok(true, 'nothing to dispose by');
      return { isMissing: true, note: 'There is no `Symbol.asyncDispose`: `break` and `close()` do the same' };
    }
    await leavesSocket(context, job, async (records) => {
      const iterator = records[Symbol.asyncIterator]();
      for (let n = 0; n < 5; n++) await iterator.next();
      const waiting = iterator.next();
      await records[Symbol.asyncDispose]();
      check.equal((await waiting).done, true, 'the end of a read that waited');
    });
    return undefined;
  },

  'rejects with the reason of a signal while a body is read': async (context) => {
    const { check, job } = context;
    await leavesSocket(context, job, async (records, abort) => {
      const reason = new Error('enough');
      const read = (async () => {
        for await (const item of records) if (item.n === 3) setTimeout(() => abort(reason), 10);
      })();
      check.ok((await check.rejects(read, 'an aborted read')) === reason, "the signal's own reason");
    });
  },

  'rejects with the reason of a signal before an answer comes': async ({ check, job, fault }) => {
    await fault({ path: `/items/${job.key}`, latency: 20_000 });
    const controller = new AbortController();
    const read = job.items.list({ signal: controller.signal });
    setTimeout(() => controller.abort('a text'), 30);
    check.equal(await check.rejects(read, 'an aborted read'), 'a text', 'the reason');
    const timed = await check.rejects(job.items.list({ signal: AbortSignal.timeout(30) }), 'a read out of time');
    check.equal(timed.name, 'TimeoutError', "the name of the platform's own reason");
    const early = await check.rejects(job.items.list({ signal: AbortSignal.abort('before') }), 'a read aborted before');
    check.equal(early, 'before', 'the reason');
  },

  'ends what is under way when it is closed': async ({ check, cloudWith, job, fault, seen, tideway }) => {
    await fault({ path: `/items/${job.key}`, stallAfterRecords: 10 });
    const cloud = cloudWith({});
    const iterator = cloud.getJob(job.key).items.iter()[Symbol.asyncIterator]();
    for (let n = 0; n < 10; n++) await iterator.next();
    const waiting = iterator.next();
    await cloud.close();
    const error = await check.rejects(waiting, 'a read of a closed client');
    check.ok(error instanceof tideway.ConfigurationError, `a ConfigurationError, got ${error}`);
    const outcome = async () => (await seen(`/items/${job.key}`))[0]?.outcome;
    await check.eventually(outcome, 'left', 'what became of the body');
  },
};

/** Reads a body that has more to come for a long time, and expects the server to see that its reader left. */
async function leavesSocket({ check, fault, seen, clear }, job, leave) {
  await clear();
  await fault({ path: `/items/${job.key}`, stallAfterRecords: 5 });
  const controller = new AbortController();
  const outcomes = async () => (await seen(`/items/${job.key}`)).map(({ outcome }) => outcome);
  await leave(job.items.iter({ signal: controller.signal }), (reason) => controller.abort(reason));
  await check.eventually(outcomes, ['left'], 'what became of the body');
}
