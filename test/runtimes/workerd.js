// Runs the cases in workerd: told of the bundled Worker.
import process from 'node:process';
import { Miniflare } from 'miniflare';
import { drive, options } from './driver.js';

// Without `nodejs_compat`: the package needs nothing of Node.
const miniflare = new Miniflare({
  modules: true,
  scriptPath: process.argv[2],
  compatibilityDate: '2026-07-01',
  compatibilityFlags: [],
});
await drive(async (name) => {
  const body = JSON.stringify({ name, options });
  const answer = await miniflare.dispatchFetch('http://worker.test/', { method: 'POST', body });
  return answer.ok ? answer.json() : { name, checks: 0, error: await answer.text() };
});
await miniflare.dispose();
