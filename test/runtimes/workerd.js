// Runs the cases in workerd: told of the bundled Worker and the options, it writes a line of JSON for each case.
import process from 'node:process';
import { Miniflare } from 'miniflare';
import { caseNames } from './conformance.js';

const [scriptPath, options] = [process.argv[2], JSON.parse(process.argv[3])];
// Without `nodejs_compat`: the package needs nothing of Node.
const miniflare = new Miniflare({ modules: true, scriptPath, compatibilityDate: '2026-07-01', compatibilityFlags: [] });
for (const name of caseNames) {
  const body = JSON.stringify({ name, options });
  const answer = await miniflare.dispatchFetch('http://worker.test/', { method: 'POST', body });
  process.stdout.write(
    `${JSON.stringify(answer.ok ? await answer.json() : { name, checks: 0, error: await answer.text() })}\n`,
  );
}
await miniflare.dispose();
