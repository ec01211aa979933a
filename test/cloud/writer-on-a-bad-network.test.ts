import { ScrapyCloud } from 'tideway';
import { serveEmulator } from 'tideway/node';
import { expect, it } from 'vitest';

const ITEMS = 100_000;

it.each([1, 2])(
  'A writer stores 100 000 items once and in order where answers are lost, refused and stalled, %i in the air',
  async (inFlight) => {
    const server = await serveEmulator({ projects: [123] });
    const { emulator, endpoint, dashEndpoint } = server;
    let requests = 0;
    const beforeRequest = (): undefined => void requests++;
    const retry = { backoff: 5 };
    const cloud = new ScrapyCloud({ auth: emulator.apiKey, endpoint, dashEndpoint, retry, hooks: { beforeRequest } });
    try {
      const job = await cloud.getProject(123).jobs.push('numbers', { state: 'running' });
      const batches = { method: 'POST', path: `/items/${job.key}` };
      emulator.faults.push(
        { ...batches, drop: 'after', probability: 0.2 },
        { ...batches, status: 503, probability: 0.25 },
        { ...batches, drop: 'before', probability: 0.05 },
        { ...batches, latency: 60_000, probability: 0.05 },
      );
      let stored = 0;
      const writer = job.items.writer({
        inFlight,
        timeout: 300,
        onBatch: ({ count }) => {
          stored += count;
        },
      });
      for (let n = 0; n < ITEMS; n++) await writer.write({ n });
      await writer.close();
      expect(stored).toBe(ITEMS);
      // Else nothing went wrong, and nothing is shown.
      expect(requests).toBeGreaterThan(120);
      emulator.faults.length = 0;
      let next = 0;
      for await (const { n, _key } of job.items.iter({ meta: '_key' })) {
        if (n !== next || _key !== `${job.key}/${next}`) throw new Error(`Expected item ${next}, got ${n} at ${_key}`);
        next++;
      }
      expect(next).toBe(ITEMS);
      expect((await job.items.stats()).totals.input_values).toBe(ITEMS);
    } finally {
      await cloud.close();
      await server.close();
    }
  },
  60_000,
);
