import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CORPORA, type Corpus, type CorpusName, makeCorpus } from './corpora.ts';
import { breaking, serveParent } from './serve-parent.ts';

/** What one write hands to the socket, in bytes. */
const WRITE_BYTES = 64 * 1024;

/** What a reader must have found in a body. */
export interface Facts {
  readonly records: number;
  readonly bytes: number;
  readonly checksum: number;
}

/**
 * Just enough of the storage API, in a process of its own so that it takes no time from whoever is measured:
 *
 * - `GET /{items|logs|samples}/{1|2}/{1|2|3}/N`: the second number says which corpus, the last one how often it is sent.
 *   With `meta=_key` the lines of project 1 have keys, as on the real server, and those of project 2 have none; with
 *   `nodata=1` there is nothing else. `count` is kept.
 * - `GET /facts/{1|2|3}/{plain|keyed}`: what is in a corpus.
 * - `GET /first-byte`: when the last body began, on the clock that all processes of a machine share.
 * - `GET /page`: an empty page, for a browser.
 */
const size = Number(process.argv[2]);
/** The corpora made so far. A new name lets go of the ones before: each is large. */
const corpora = new Map<string, Corpus>();
let firstByte = 0n;

function corpusOf(name: CorpusName, keyed: boolean): Corpus {
  const id = `${name} ${keyed && name !== 'samples'}`;
  for (const [other, { name: otherName }] of corpora) if (otherName !== name) corpora.delete(other);
  const corpus = corpora.get(id) ?? makeCorpus(name, size, keyed && name !== 'samples');
  corpora.set(id, corpus);
  return corpus;
}

function corpusNumbered(number: string | undefined): CorpusName {
  const name = CORPORA[Number(number) - 1];
  if (!name) throw new Error(`Expected a corpus from 1 to ${CORPORA.length}, got ${number}`);
  return name;
}

/** The first `count` lines. */
function firstLines(bytes: Uint8Array, count: number): Uint8Array {
  let end = 0;
  for (let line = 0; line < count && end < bytes.length; line++) end = bytes.indexOf(10, end) + 1;
  return bytes.subarray(0, end);
}

async function stream(response: ServerResponse, pieces: Iterable<Uint8Array>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-jsonlines; charset=UTF-8' });
  let goOn: () => void = () => {};
  response.on('drain', () => goOn());
  response.on('close', () => goOn());
  firstByte = process.hrtime.bigint();
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += WRITE_BYTES) {
      if (!response.write(piece.subarray(start, start + WRITE_BYTES)) && !response.destroyed) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      if (response.destroyed) return;
    }
  }
  response.end();
}

function* repeated(bytes: Uint8Array, times: number): Generator<Uint8Array> {
  for (let time = 0; time < times; time++) yield bytes;
}

function* keyLines(corpus: number, count: number): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let next = 0; next < count; ) {
    let text = '';
    for (; next < count && text.length < WRITE_BYTES; next++) text += `{"_key":"1/${corpus}/1/${next}"}\n`;
    yield encoder.encode(text);
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const [, first = '', second, third, fourth] = pathname.split('/');
  if (first === 'page') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>Benchmark</title>');
  } else if (first === 'facts') {
    const { records, bytes, checksum } = corpusOf(corpusNumbered(second), third === 'keyed');
    json(response, { records, bytes: bytes.length, checksum } satisfies Facts);
  } else if (first === 'first-byte') {
    json(response, String(firstByte));
  } else if (['items', 'logs', 'samples'].includes(first)) {
    const count = searchParams.get('count');
    const keyed = second === '1' && searchParams.getAll('meta').includes('_key');
    if (searchParams.has('nodata')) return stream(response, keyLines(Number(third), Number(count)));
    const { bytes } = corpusOf(corpusNumbered(third), keyed);
    const wanted = count === null ? bytes : firstLines(bytes, Number(count));
    await stream(response, repeated(wanted, Number(fourth)));
  } else {
    response.writeHead(404).end();
  }
}

serveParent(createServer(breaking(answer)));
