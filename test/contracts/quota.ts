import type { Quota } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';

/** What a {@link Quota} must do, wherever it is kept. `make` answers with one that nobody has used. */
export function quotaContract(name: string, make: (limit: number) => Quota | Promise<Quota>): void {
  describe(`${name} as a Quota`, () => {
    it('grants what is asked for, up to its limit', async () => {
      const quota = await make(10);
      expect(await quota.remaining()).toBe(10);
      const share = await quota.reserve(7);
      expect(share.granted).toBe(7);
      expect((await quota.reserve(7)).granted).toBe(3);
    });

    it('counts what is delivered, and nothing else', async () => {
      const quota = await make(10);
      const share = await quota.reserve(6);
      expect(await quota.remaining()).toBe(10);
      await share.settle(4);
      expect(await quota.remaining()).toBe(6);
      const rest = await quota.reserve(10);
      expect(rest.granted).toBe(6);
    });

    it('grants nothing once it is spent', async () => {
      const quota = await make(2);
      await (await quota.reserve(2)).settle(2);
      const share = await quota.reserve(1);
      expect(share.granted).toBe(0);
      await share.settle(0);
      expect(await quota.remaining()).toBe(0);
    });

    it('lets others wait while all that is left is in the hands of one, who may give it back', async () => {
      const quota = await make(5);
      const share = await quota.reserve(5);
      const waiting = Promise.resolve(quota.reserve(4));
      let isGranted = false;
      void waiting.then(() => {
        isGranted = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(isGranted).toBe(false);
      await share.settle(3);
      expect((await waiting).granted).toBe(2);
    });

    it('tells those who wait that it is spent', async () => {
      const quota = await make(5);
      const share = await quota.reserve(5);
      const waiting = [quota.reserve(1), quota.reserve(1)];
      await share.settle(5);
      expect((await Promise.all(waiting)).map(({ granted }) => granted)).toEqual([0, 0]);
    });

    it('lets one who waits leave', async () => {
      const quota = await make(1);
      const share = await quota.reserve(1);
      const controller = new AbortController();
      const left = rejection((async () => quota.reserve(1, { signal: controller.signal }))());
      controller.abort('gone');
      expect(await left).toBe('gone');
      await share.settle(0);
      expect((await quota.reserve(1)).granted).toBe(1);
    });

    it('tells its listeners when the last record is delivered, until they are let go', async () => {
      const quota = await make(3);
      const told: string[] = [];
      await quota.onSpent(() => told.push('kept'));
      const release = await quota.onSpent(() => told.push('let go'));
      const share = await quota.reserve(3);
      await share.settle(2);
      expect(told).toEqual([]);
      await release();
      await (await quota.reserve(1)).settle(1);
      await expect.poll(() => told, { timeout: 10_000 }).toEqual(['kept']);
    });

    it('is exact over many at once', async () => {
      const quota = await make(100);
      let delivered = 0;
      const take = async (size: number): Promise<void> => {
        for (;;) {
          const share = await quota.reserve(size);
          if (share.granted === 0) return;
          const used = Math.ceil(share.granted / 2);
          await Promise.resolve();
          delivered += used;
          await share.settle(used);
        }
      };
      await Promise.all([take(1), take(7), take(13), take(50)]);
      expect(delivered).toBe(100);
      expect(await quota.remaining()).toBe(0);
    });
  });
}
