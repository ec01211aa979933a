import type { StateCounter } from 'tideway/tide';
import { describe, expect, it } from 'vitest';

/** What a {@link StateCounter} must do, whatever it keeps its state in. `make` answers with a counter that is new. */
export function stateCounterContract(name: string, make: () => StateCounter | Promise<StateCounter>): void {
  describe(`${name} as a StateCounter`, () => {
    it('begins stopped, with nothing counted', async () => {
      const counter = await make();
      expect(await counter.read()).toEqual({ state: 'stopped', count: 0, total: 0 });
    });

    it('is started while a tide runs on it', async () => {
      const counter = await make();
      const end = await counter.start();
      expect(await counter.read()).toMatchObject({ state: 'started' });
      await end();
      expect(await counter.read()).toMatchObject({ state: 'stopped' });
    });

    it('is started until the last of several tides ends, and an end that is told twice ends no other', async () => {
      const counter = await make();
      const [first, second] = [await counter.start(), await counter.start()];
      await first();
      await first();
      expect(await counter.read()).toMatchObject({ state: 'started' });
      await second();
      expect(await counter.read()).toMatchObject({ state: 'stopped' });
    });

    it('answers to an increment with the new count', async () => {
      const counter = await make();
      await counter.start();
      expect(await counter.increment()).toBe(1);
      expect(await counter.increment(41)).toBe(42);
      expect(await counter.increment(0)).toBe(42);
    });

    it('counts the run, and the total of all runs with the one under way', async () => {
      const counter = await make();
      const end = await counter.start();
      await counter.increment(3);
      expect(await counter.read()).toEqual({ state: 'started', count: 3, total: 3 });
      await end();
      expect(await counter.read()).toEqual({ state: 'stopped', count: 3, total: 3 });
      await counter.start();
      expect(await counter.read()).toEqual({ state: 'started', count: 0, total: 3 });
      await counter.increment(2);
      expect(await counter.read()).toEqual({ state: 'started', count: 2, total: 5 });
    });

    it('goes on counting when a second tide joins the run', async () => {
      const counter = await make();
      await counter.start();
      await counter.increment(3);
      await counter.start();
      expect(await counter.increment(2)).toBe(5);
      expect(await counter.read()).toEqual({ state: 'started', count: 5, total: 5 });
    });

    it('never changes its state by an increment', async () => {
      const counter = await make();
      await counter.increment(2);
      expect(await counter.read()).toEqual({ state: 'stopped', count: 2, total: 2 });
    });

    it('is stopped at once by a stop, which no increment undoes', async () => {
      const counter = await make();
      await counter.start();
      await counter.increment(1);
      await counter.stop();
      expect(await counter.increment(1)).toBe(2);
      expect(await counter.read()).toEqual({ state: 'stopped', count: 2, total: 2 });
    });

    it('tells every listener of a stop, until it is let go', async () => {
      const counter = await make();
      const told: string[] = [];
      await counter.onStop(() => told.push('first'));
      const release = await counter.onStop(() => told.push('second'));
      await counter.start();
      await counter.stop();
      await expect.poll(() => told.toSorted(), { timeout: 10_000 }).toEqual(['first', 'second']);
      await release();
      await counter.start();
      await counter.stop();
      await expect.poll(() => told.toSorted(), { timeout: 10_000 }).toEqual(['first', 'first', 'second']);
    });

    it('begins a new run after a stop', async () => {
      const counter = await make();
      const end = await counter.start();
      await counter.increment(5);
      await counter.stop();
      await counter.start();
      expect(await counter.read()).toEqual({ state: 'started', count: 0, total: 5 });
      // The end of a tide that was stopped is not the end of the one that runs now.
      await end();
      expect(await counter.read()).toMatchObject({ state: 'started' });
    });

    it('tells nobody of a tide that ends by itself', async () => {
      const counter = await make();
      const told: string[] = [];
      await counter.onStop(() => told.push('stop'));
      const end = await counter.start();
      await end();
      await counter.start();
      await counter.stop();
      // The one stop that there was has arrived, and nothing before it.
      await expect.poll(() => told, { timeout: 10_000 }).toEqual(['stop']);
    });

    it('forgets what it counted by a clear, and no tide ends', async () => {
      const counter = await make();
      await counter.start();
      await counter.increment(7);
      await counter.clear();
      expect(await counter.read()).toEqual({ state: 'started', count: 0, total: 0 });
      expect(await counter.increment(1)).toBe(1);
    });

    it('loses no increment of many at once', async () => {
      const counter = await make();
      await counter.start();
      const counts = await Promise.all(Array.from({ length: 200 }, () => counter.increment()));
      expect(counts.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
      expect(await counter.read()).toMatchObject({ count: 200, total: 200 });
    });
  });
}
