import { proveCrawl, proveLimiter, proveQuota } from '../redis/proofs.ts';

/** Full-size proofs over eight processes that share a Redis. Answers with how many failed. */
export async function proveRedis(): Promise<number> {
  let failures = 0;
  const tell = (holds: boolean, text: string): void => {
    if (!holds) failures++;
    console.log(`${holds ? 'ok' : 'FAILED'}  ${text}`);
  };

  const { afterwards, errors, most, requests } = await proveLimiter({
    processes: 8,
    limit: 10,
    kills: 50,
    leaseTtl: 3_000,
  });
  tell(
    most === 10 && afterwards >= 100 && errors === '',
    `one limit of 10 for 8 processes, 50 of them killed: ${most} at once, ${requests} requests, ` +
      `${afterwards} after the leases of the last one had ended ${errors}`,
  );

  const delivered = await proveQuota(8, 100_000);
  const sum = delivered.reduce((total, n) => total + n);
  tell(sum === 100_000, `one quota of 100 000 records for 8 processes: ${sum} (${delivered.join(', ')})`);

  const delay = 100;
  const crawl = await proveCrawl({
    processes: 4,
    hosts: 100,
    pagesPerHost: 50,
    delay,
    kills: 20,
    restarts: 3,
    leaseTtl: 15_000,
  });
  tell(
    crawl.missing === 0 && crawl.shortestRest >= delay - 3 && crawl.errors === '',
    `a crawl of 5 000 pages by 4 processes, 20 of them and 3 Redis killed: ${crawl.missing} missing, ` +
      `${crawl.requests} requests, the shortest rest ${crawl.shortestRest.toFixed(1)} of ${delay} ms ${crawl.errors}`,
  );
  return failures;
}
