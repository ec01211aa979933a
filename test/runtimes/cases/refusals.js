/** What is refused, and how it is told. */
import { whereBreaksShow } from './breaks.js';
import { itemOf, range, shownOf } from './seed.js';

export const refusalsCases = {
  'says in typed errors what a server refuses': async ({ check, cloudWith, cloud, tideway, options }) => {
    const stranger = cloudWith({ auth: () => `Basic ${btoa(`${'0'.repeat(32)}:`)}` });
    const unknown = await check.rejects(stranger.getJob('1/1/1').items.list(), 'a read of a stranger');
    check.ok(unknown instanceof tideway.UnauthorizedError, `an UnauthorizedError, got ${unknown}`);
    check.equal(
      [unknown.status, unknown.code, unknown.method, unknown.path],
      [401, 'ERR_UNAUTHORIZED', 'GET', '/items/1/1/1'],
      'what it says',
    );
    const spider = await check.rejects(cloud.getProject(1).spiders.get('nobody'), 'an unknown spider');
    check.ok(
      spider instanceof tideway.NotFoundError && tideway.isNotFoundError(spider),
      `a NotFoundError, got ${spider}`,
    );
    const refused = await check.rejects(cloud.getProject(1).jobs.run('nobody'), 'a job of an unknown spider');
    check.ok(refused instanceof tideway.BadRequestError, `a BadRequestError, got ${refused}`);
    const foreign = await check.rejects(cloud.getProject(999).spiders.list(), 'a foreign project');
    check.ok(foreign instanceof tideway.ForbiddenError, `a ForbiddenError, got ${foreign}`);
    for (const error of [unknown, spider, refused, foreign]) {
      check.ok(error instanceof tideway.ApiError && error instanceof Error, 'an ApiError');
      check.ok(!shownOf(error).includes(options.apiKey), 'an error without the key');
    }
  },

  'says in a ConnectionError that nobody listens': async ({ check, cloudWith, tideway, options }) => {
    const nowhere = cloudWith({ endpoint: options.deadEndpoint, retry: { attempts: 2, backoff: 1 } });
    const error = await check.rejects(nowhere.getJob('1/1/1').items.list(), 'a read of nobody');
    check.ok(error instanceof tideway.ConnectionError, `a ConnectionError, got ${error}`);
    check.equal(error.code, 'ERR_CONNECTION', 'the code');
    check.ok(!shownOf(error).includes(options.apiKey), 'an error without the key');
  },

  'says in a StreamInterruptedError that a read cannot go on': whereBreaksShow(
    async ({ check, job, fault, tideway }) => {
      await fault({ path: `/items/${job.key}`, times: 1, cutAfterRecords: 20 });
      await fault({ path: `/items/${job.key}`, status: 403 });
      const items = [];
      const read = async () => {
        for await (const item of job.items.iter()) items.push(item);
      };
      const error = await check.rejects(read(), 'a read that is cut and refused');
      check.ok(error instanceof tideway.StreamInterruptedError, `a StreamInterruptedError, got ${error}`);
      check.ok(error.cause instanceof tideway.ForbiddenError, `a ForbiddenError as its cause, got ${error.cause}`);
      check.equal(error.delivered, items.length, 'the number that were delivered');
      check.same(items, range(0, items.length, itemOf), 'the items before');
    },
  ),

  'does not follow a redirect': async ({ check, job, fault, seen, tideway, options }) => {
    const location = `${options.endpoint}logs/${job.key}`;
    await fault({ path: `/items/${job.key}`, status: 302, headers: { location } });
    const error = await check.rejects(job.items.list(), 'a read that is redirected');
    check.ok(error instanceof tideway.RedirectError, `a RedirectError, got ${error}`);
    const origin = new URL(options.endpoint).origin;
    check.equal(error.target ?? null, options.isBrowser ? null : origin, 'where it leads');
    check.equal((await seen(`/logs/${job.key}`)).length, 0, 'the number of requests to the target');
  },
};
