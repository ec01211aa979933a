import { killedCrawl } from './killed-crawl.ts';

const PAGES = 5_000;
const KILLS = 20;

/** A crawl whose process is killed twenty times: every page is fetched, and none again that was acknowledged. */
export async function proveCrawl(): Promise<boolean> {
  const started = performance.now();
  const { done, exitCode, missing, repeated, requests } = await killedCrawl(PAGES, KILLS);
  const holds = missing === 0 && repeated === 0 && done === PAGES && exitCode === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${holds ? 'ok' : 'FAILED'}  a crawl that is killed ${KILLS} times: ${done} of ${PAGES} pages, ${missing} missing, ` +
      `${repeated} fetched after they were done, ${requests - PAGES} under way at a kill and fetched again, ${seconds} s`,
  );
  return holds;
}
