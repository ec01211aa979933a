/** Tides: bounds, quotas, framings, server-sent events. */
import { whereBreaksShow } from './breaks.js';
import { allItems, range } from './seed.js';

/** A tide over the items of the case's own job, as a server of any kind sends them. */
function tideOf({ job, options, tide }, query, more) {
  const { basic, jsonLines, Tide } = tide;
  return new Tide(`${options.endpoint}items/${job.key}${query}`, {
    framing: jsonLines(),
    sign: basic(options.apiKey, ''),
    ...more,
  });
}

/** Bytes in chunks of seven, as a body. */
function slowly(bytes) {
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + 7));
      at += 7;
    },
  });
}

/** What the site sends as the data of an event. */
const eventOf = (n) => `Ereignis ${n}\n世界`;

export const tideCases = {
  'reads a stream within exact bounds': async (context) => {
    const { check } = context;
    const tide = tideOf(context, '');
    const run = await tide.on({ limit: 700 });
    check.equal([run.status, run.delivered, run.reason], [200, 700, 'limit'], 'the run');
    check.equal(await tide.counter.read(), { state: 'stopped', count: 700, total: 700 }, 'the counter');
    const items = [];
    while (await tide.queue.size()) items.push(await tide.queue.take());
    check.same(items, allItems().slice(0, 700), 'the items of the queue');
    check.same(await tide.records({ maxRate: 20_000 }).toArray(), allItems(), 'the items');
    check.equal(tide.run.reason, 'end', 'the reason');
    check.equal((await tide.on({ maxBytes: 10_000 })).bytes, 10_000, 'the bytes');
    check.equal(tide.state, 'idle', 'the state');
  },

  'shares a quota among tides, to the record': async (context) => {
    const { check, tide } = context;
    const quota = tide.memoryQuota(1000);
    const runs = await Promise.all([1, 2].map(() => tideOf(context, '').on({ quota })));
    const delivered = runs.map((run) => run.delivered);
    check.equal(delivered[0] + delivered[1], 1000, 'what both delivered');
    check.equal(await quota.remaining(), 0, 'what is left');
    check.equal(
      runs.map(({ reason }) => reason),
      ['quota', 'quota'],
      'the reasons',
    );
  },

  'reads server-sent events': async ({ check, options, tide }) => {
    const records = await new tide.Tide(`${options.site}/events?count=300`, { framing: tide.sse() })
      .records()
      .toArray();
    check.equal(
      records.map(({ data }) => data),
      range(0, 300, eventOf),
      'the data',
    );
    check.equal(records.at(-1), { id: '299', event: 'tick', data: eventOf(299) }, 'the last event');
  },

  'goes on behind the last of the server-sent events': whereBreaksShow(async ({ check, options, site, tide }) => {
    const events = new tide.Tide(`${options.site}/events?count=500&cut=200`, {
      framing: tide.sse(),
      reconnect: { network: 1 },
    });
    const records = await events.records().toArray();
    check.equal(
      records.map(({ data }) => data),
      range(0, 500, eventOf),
      'the data',
    );
    const asked = (await site.visits()).map(({ lastEventId }) => lastEventId ?? null);
    check.ok(asked.length >= 3 && asked[0] === null, `three requests at least, got ${asked}`);
    check.ok(asked.slice(1).every(Number), `each of the others to say what came last, got ${asked}`);
  }),

  'stops a stream of events that never ends': async ({ check, options, site, tide }) => {
    const events = new tide.Tide(`${options.site}/events?endless`, { framing: tide.sse() });
    const run = await events.on({ limit: 25 });
    check.equal([run.delivered, run.reason], [25, 'limit'], 'the run');
    await check.eventually(async () => (await site.visits()).map(({ outcome }) => outcome), ['left'], 'the request');
  },

  'turns a silent stream off': async (context) => {
    const { check, fault, job, seen } = context;
    await fault({ path: `/items/${job.key}`, stallAfterRecords: 5 });
    const tide = tideOf(context, '');
    const running = tide.on();
    await check.eventually(() => tide.queue.size(), 5, 'the records in the queue');
    tide.off();
    const { delivered, reason } = await running;
    check.equal([delivered, reason, tide.state], [5, 'off', 'idle'], 'the end of the run');
    const outcomes = async () => (await seen(`/items/${job.key}`)).map(({ outcome }) => outcome);
    await check.eventually(outcomes, ['left'], 'what became of the body');
  },

  'goes on with a stream that breaks': whereBreaksShow(async (context) => {
    const { check, fault, job, options } = context;
    const path = `/items/${job.key}`;
    await fault({ path, times: 2, cutAfterRecords: 123 });
    const events = [];
    const tide = tideOf(context, '?meta=_key', {
      reconnect: {
        network: 1,
        resume: ({ _key }) => new Request(`${options.endpoint}items/${job.key}?meta=_key&startafter=${_key}`),
      },
      onReconnect: (event) => events.push(event),
    });
    const items = await tide.records().toArray();
    check.same(
      items.map(({ _key, ...item }) => item),
      allItems(),
      'the items',
    );
    // A runtime may tell of the break before it hands over what came right before it: then the second is a second try.
    check.equal(
      events.map(({ error }) => error.code),
      ['ERR_CONNECTION', 'ERR_CONNECTION'],
      'why it was connected again',
    );
    check.equal(events[0].attempt, 1, 'the number of the first try');
  }),

  'refuses an answer that is no success before any record': async (context) => {
    const { check, fault, job, tideway } = context;
    await fault({ path: `/items/${job.key}`, status: 429, headers: { 'retry-after': '3' } });
    const error = await check.rejects(tideOf(context, '').on(), 'a tide of a server that refuses');
    check.ok(error instanceof tideway.RateLimitError, `a RateLimitError, got ${error}`);
    check.equal(error.status, 429, 'the status');
  },

  'makes records of bytes in every framing': async ({ check, tide }) => {
    const { delimited, jsonSequence, lengthPrefixed, lines, sse, Tide } = tide;
    const encoder = new TextEncoder();
    const items = allItems().slice(0, 60);
    const texts = items.map((item) => JSON.stringify(item));
    const bytesOf = (text) => encoder.encode(text).length;
    const read = (framing, parts) =>
      new Tide('http://localhost/', {
        framing,
        fetch: async () => new Response(slowly(encoder.encode(parts.join('')))),
      })
        .records()
        .toArray();
    const framed = {
      lines: await read(
        lines(),
        texts.map((text) => `${text}\r\n\n`),
      ),
      sse: await read(
        sse(),
        texts.map((text) => `: here\ndata: ${text}\n\n`),
      ),
      delimited: await read(
        delimited('→', { as: 'json' }),
        texts.map((text) => `${text}→`),
      ),
      jsonSequence: await read(
        jsonSequence(),
        texts.map((text) => `\x1e${text}\n`),
      ),
      lengthPrefixed: await read(
        lengthPrefixed({ as: 'json' }),
        texts.map((text) => `${bytesOf(text)}\r\n${text}`),
      ),
    };
    check.same(framed.lines, texts, 'the lines');
    check.same(
      framed.sse.map(({ data }) => data),
      texts,
      'the data of the events',
    );
    for (const name of ['delimited', 'jsonSequence', 'lengthPrefixed']) check.same(framed[name], items, name);
  },

  'signs by OAuth1 as providers document it': async ({ check, tide }) => {
    const sign = tide.oauth1({
      consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
      consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
      token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
      tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
      nonce: () => 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
      clock: () => 1_318_622_958_000,
    });
    const body = new URLSearchParams({ status: 'Hello Ladies + Gentlemen, a signed OAuth request!' });
    const url = 'https://api.twitter.com/1.1/statuses/update.json?include_entities=true';
    const signed = await sign(new Request(url, { method: 'POST', body }));
    const signature = /oauth_signature="([^"]*)"/.exec(signed.headers.get('authorization'))?.[1];
    check.equal(decodeURIComponent(signature), 'hCtSmYh+iHYCEqBWrE7C7hYmtUk=', 'the signature');
  },
};
