// Takes five records from a stream that wants every request to be signed by OAuth 1.0a.
import { jsonLines, oauth1, Tide } from 'tideway/tide';
import { credentials, serveStreams } from './servers/streams.ts';

const server = await serveStreams();

const tide = new Tide(`${server.url}/signed?track=kettle&language=en`, {
  framing: jsonLines<{ readonly id: number; readonly text: string }>(),
  sign: oauth1(credentials), // anew for every attempt, with a nonce of its own
  reconnect: true, // in the way that such servers ask for: fast on a bad network, slowly after a 420
});
for await (const { id, text } of tide.records({ limit: 5 })) console.log(id, text);
console.log(`Status ${tide.run?.status}`);

server.close();
