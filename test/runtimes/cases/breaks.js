import { range } from './seed.js';

const NOTE = 'WebKitGTK ends a body that breaks as if it were whole: only a break inside a record is seen';

/** A case of a break between two records, which needs a platform that tells of it. */
export const whereBreaksShow = (run) => async (context) =>
  context.options.hidesBreaks ? hidden(context) : run(context);

/** Shows that it is the platform that hides it. */
async function hidden({ check, fault, job, options }) {
  await fault({ path: `/items/${job.key}`, times: 1, cutAfterRecords: 5 });
  const headers = { authorization: `Basic ${btoa(`${options.apiKey}:`)}` };
  const text = await (await fetch(`${options.endpoint}items/${job.key}`, { headers })).text();
  const numbers = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).n);
  check.equal(numbers, range(0, 5), 'a body that broke, read without an error');
  return { isMissing: true, note: NOTE };
}
