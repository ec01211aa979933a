import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Consumer, installPacked } from '../package/packed.ts';
import { bundleWorker, placeCases } from './runtimes.ts';
import { openStage, type Stage } from './stage.ts';

/** What the tests need of miniflare, which is not installed with the package's own tools. */
interface Worker {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}

/** Milliseconds. */
const LONGEST = 120_000;
/** How long what happens at the other end is waited for. */
const SOON = { timeout: 30_000, interval: 20 };

let consumer: Consumer;
let stage: Stage;
let worker: Worker;
let url: URL;

beforeAll(async () => {
  consumer = installPacked();
  placeCases(consumer);
  stage = await openStage();
  const { Miniflare } = createRequire(import.meta.url)('miniflare') as { Miniflare: new (options: object) => Worker };
  worker = new Miniflare({
    modules: true,
    script: readFileSync(await bundleWorker(consumer.folder, 'leaving-worker.js'), 'utf8'),
    compatibilityDate: '2026-07-01',
    compatibilityFlags: [],
    bindings: { API_KEY: stage.options.apiKey, ENDPOINT: stage.options.endpoint },
    // It is told of what the Worker throws.
    handleRuntimeStdio: () => {},
  });
  url = await worker.ready;
}, LONGEST);

afterAll(async () => {
  await worker?.dispose();
  await stage?.[Symbol.asyncDispose]();
  consumer?.[Symbol.dispose]();
}, LONGEST);

/** What became of the job's body. */
const outcomes = (): string[] =>
  stage.exchanges.filter(({ path }) => path === '/items/1/1/1').map(({ outcome }) => outcome);

describe('a Worker in the middle of a stream that has more to come', { timeout: LONGEST }, () => {
  beforeEach(() => {
    stage.clear();
    stage.stall('/items/1/1/1', 1000);
  });

  test('frees the socket when it throws', async () => {
    const answer = await fetch(new URL('/throws', url));
    expect(answer.status).toBe(500);
    await answer.body?.cancel();
    await vi.waitFor(() => expect(outcomes()).toEqual(['left']), SOON);
  });

  test('frees the socket when the body that it makes throws', async () => {
    // To the client such a body breaks, or ends as if it were whole: workerd is not of one mind.
    await fetch(new URL('/throws-in-the-body', url))
      .then((answer) => answer.text())
      .catch(() => {});
    await vi.waitFor(() => expect(outcomes()).toEqual(['left']), SOON);
  });

  test.each(['/records', '/download'])('frees the socket when its client leaves, at %s', async (path) => {
    // Compressed bodies are held back until there is enough of them.
    const answer = await fetch(new URL(path, url), { headers: { 'accept-encoding': 'identity' } });
    const reader = answer.body?.getReader();
    const decoder = new TextDecoder();
    let text = '';
    while (text.split('\n').length < 4) {
      const step = await reader?.read();
      if (!step || step.done) throw new Error(`The body ended behind ${text}`);
      text += decoder.decode(step.value, { stream: true });
    }
    expect(outcomes()).toEqual(['open']);
    await reader?.cancel();
    await vi.waitFor(() => expect(outcomes()).toEqual(['left']), SOON);
  });
});
