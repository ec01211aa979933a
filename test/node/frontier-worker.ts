// Works at a frontier's file until somebody kills it, and says what is stored: `node frontier-worker.ts FILE FROM TO`.
import { fileFrontier } from '../../src/node/file-frontier.ts';

const [path = '', from = '0', to = '0'] = process.argv.slice(2);
const frontier = fileFrontier(path);
await frontier.size();
say('open');

for (let n = Number(from); n < Number(to); n++) {
  await frontier.add([`http://a.example/${n}`, `http://b.example/${n}`]);
  say(`added ${n}`);
  const [lease, other] = await frontier.lease(2);
  if (other) await frontier.fail(other);
  if (lease && (await frontier.ack(lease))) say(`acked ${lease.task.url}`);
}
say('done');
setInterval(() => {}, 1_000);

/** Written at once, so that what was said before a kill arrives. */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
