import { type FrontierSlot, ScrapyCloud } from 'tideway';
import { createEmulator, type Emulator, type ReceivedRequest } from 'tideway/emulator';
import { onTestFinished } from 'vitest';
import { withoutWaits } from './without-waits.ts';

/** A slot of a frontier that is empty, and what stands behind it. */
export interface OpenSlot {
  readonly slot: FrontierSlot;
  readonly cloud: ScrapyCloud;
  readonly emulator: Emulator;
  /** What the emulator was asked, in order. */
  readonly requests: readonly ReceivedRequest[];
}

/** Where the slot is. */
export const slotPath = '/hcf/1/test/s/example.com';

/** The slot, by another client. */
export function slotOf(cloud: ScrapyCloud): FrontierSlot {
  return cloud.getProject(1).frontiers.get('test').get('example.com');
}

/** Opens a slot for the test that runs, with no waits between tries. */
export function openSlot(): OpenSlot {
  withoutWaits();
  const requests: ReceivedRequest[] = [];
  const emulator = createEmulator({ projects: [1], onRequest: (request) => void requests.push(request) });
  const cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
  onTestFinished(async () => {
    // Some tests leave what cannot be stored.
    await cloud.close().catch(() => {});
    await emulator.close();
  });
  return { slot: slotOf(cloud), cloud, emulator, requests };
}

/** Requests to queue, with fingerprints that sort as they are numbered. */
export function numbered(count: number, from = 0): { fp: string }[] {
  return Array.from({ length: count }, (_, n) => ({ fp: `/${String(from + n).padStart(5, '0')}` }));
}
