import { expect, type Page } from '@playwright/test';
import { test } from './site-test.ts';

interface Told {
  readonly key: string;
  readonly withFunction: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Lets a worker of the page connect and read; resolves to what it says. */
function askWorker(page: Page, url: string, told: Told): Promise<Record<string, unknown>> {
  return page.evaluate(
    ([script, message]) =>
      new Promise<Record<string, unknown>>((resolve) => {
        const worker = new Worker(script, { type: 'module' });
        worker.onmessage = ({ data }) => {
          worker.terminate();
          resolve(data);
        };
        worker.onerror = ({ message: text }) => resolve({ message: text });
        worker.postMessage(message);
      }),
    [`${url}/worker.js`, told] as [string, Told],
  );
}

test.describe('a key in a worker of a page', () => {
  for (const { title, more, withFunction, expected } of [
    {
      title: 'is refused, without being shown',
      more: {},
      withFunction: false,
      expected: { code: 'ERR_CONFIGURATION', message: expect.stringContaining('dangerouslyAllowBrowser') },
    },
    {
      title: 'is taken when the program says that it knows what it does',
      more: { dangerouslyAllowBrowser: true },
      withFunction: false,
      expected: { items: 3 },
    },
    { title: 'may come from a function', more: {}, withFunction: true, expected: { items: 3 } },
  ]) {
    test(title, async ({ openPage, site }) => {
      const { apiKey: auth, dashEndpoint, endpoint } = site.stage.options;
      const told = { key: '1/1/1', withFunction, options: { auth, endpoint, dashEndpoint, ...more } };
      const answer = await askWorker(openPage, site.url, told);
      expect(answer).toEqual(expected);
      expect(JSON.stringify(answer)).not.toContain(auth);
    });
  }
});
