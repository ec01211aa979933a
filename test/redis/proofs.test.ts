import { describe, expect, it } from 'vitest';
import { proveCrawl, proveLimiter, proveQuota } from './proofs.ts';

/** Processes take their time to begin on a machine that has much to do, in milliseconds. */
const LONG = 120_000;

describe('several processes', () => {
  it('never ask a server more at once than their limiter lets, also while they are killed', {
    timeout: LONG,
  }, async () => {
    const { afterwards, errors, most } = await proveLimiter({ processes: 4, limit: 5, kills: 3, leaseTtl: 2_000 });
    expect(errors).toBe('');
    expect(most).toBe(5);
    expect(afterwards).toBeGreaterThanOrEqual(100);
  });

  it('deliver exactly as many records together as their quota has', { timeout: LONG }, async () => {
    const delivered = await proveQuota(4, 6_000);
    expect(delivered.reduce((sum, n) => sum + n)).toBe(6_000);
  });

  it('crawl politely together, though they and Redis are killed', { timeout: LONG }, async () => {
    const delay = 30;
    const { errors, missing, shortestRest } = await proveCrawl({
      processes: 3,
      hosts: 6,
      pagesPerHost: 20,
      delay,
      kills: 1,
      restarts: 1,
      leaseTtl: 4_000,
    });
    expect(errors).toBe('');
    expect(missing).toBe(0);
    // Timers may ring a little early.
    expect(shortestRest).toBeGreaterThanOrEqual(delay - 3);
  });
});
