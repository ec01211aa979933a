/**
 * One body in every framing, in a process of its own: `GET /{framing}` sends the records of the corpus of logs, so many
 * bytes of them as lines; `GET /items/2/1/1` sends what `jsonLines` sends, where `Records` asks for it. `GET /facts` tells
 * how many records these are, and what whoever reads them must find. `GET /silent` sends one record and then nothing,
 * until its reader leaves; `GET /closed` tells when that was, on the clock that all processes of a machine share.
 */
import { createServer, type ServerResponse } from 'node:http';
import { makeCorpus } from './corpora.ts';
import { serveParent } from './serve-parent.ts';

/** What one write hands to the socket, in bytes. */
const WRITE_BYTES = 64 * 1024;

const corpus = makeCorpus('logs', Number(process.argv[2]), false);
let closed = 0n;
const made = new Map<string, Buffer>([['jsonLines', Buffer.from(corpus.bytes)]]);

const FRAMES: Readonly<Record<string, (line: string) => string>> = {
  sse: (line) => `data: ${line}\n\n`,
  jsonSequence: (line) => `\x1e${line}\n`,
  delimited: (line) => `${line}\r\n`,
  lengthPrefixed: (line) => `${Buffer.byteLength(line) + 2}\r\n${line}\r\n`,
};

function bodyOf(name: string): Buffer {
  const frame = FRAMES[name];
  const known = made.get(frame ? name : 'jsonLines');
  if (known || !frame) return known as Buffer;
  const lines = Buffer.from(corpus.bytes).toString().split('\n').slice(0, -1);
  const body = Buffer.concat(lines.map((line) => Buffer.from(frame(line))));
  made.set(name, body);
  return body;
}

async function send(response: ServerResponse, body: Buffer): Promise<void> {
  let goOn: () => void = () => {};
  response.on('drain', () => goOn());
  response.on('close', () => goOn());
  for (let start = 0; start < body.length && !response.destroyed; start += WRITE_BYTES) {
    if (response.write(body.subarray(start, start + WRITE_BYTES)) || response.destroyed) continue;
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
  }
  response.end();
}

const server = createServer((request, response) => {
  const [, name = ''] = (request.url ?? '').split(/[/?]/);
  const { checksum, records } = corpus;
  if (name === 'silent') {
    response.write('{"level":1}\n');
    response.on('close', () => {
      closed = process.hrtime.bigint();
    });
  } else if (name === 'closed') response.end(JSON.stringify(String(closed)));
  else if (name === 'facts') response.end(JSON.stringify({ records, checksum, bytes: corpus.bytes.length }));
  else void send(response, bodyOf(name));
});
serveParent(server);
