// Serves an emulator from `tideway/node` and reads from it, in Node, Deno and Bun; writes one line of JSON.
import process from 'node:process';
import { ScrapyCloud } from 'tideway';
import { serveEmulator } from 'tideway/node';
import { itemOf, SIZE } from './conformance.js';

const seed = { jobs: [{ spider: 'seeded', items: Array.from({ length: SIZE }, (_, n) => itemOf(n)) }] };
const { close, dashEndpoint, emulator, endpoint } = await serveEmulator({ projects: [1], seed });
const cloud = new ScrapyCloud({ auth: emulator.apiKey, endpoint, dashEndpoint });
const { items } = cloud.getJob('1/1/1');
const path = '/items/1/1/1';
const whole = (await items.list()).length;
emulator.faults = [
  { path, times: 1, cutAfterRecords: 1000 },
  { path, times: 1, drop: 'before' },
];
const records = items.iter({ retry: { backoff: 1 } });
const cut = (await records.toArray()).length;
emulator.faults = [{ path, stallAfterRecords: 3 }];
const first = await items.iter().first();
await cloud.close();
await close();
const { resumes } = records.progress;
process.stdout.write(`${JSON.stringify({ whole, cut, resumes, first: first.n })}\n`);
