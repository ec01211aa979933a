/** What tides do in every runtime. */

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

export const tideCases = {
  'reads a stream within exact bounds': async (context) => {
    const { check, itemsOf } = context;
    const tide = tideOf(context, '');
    const run = await tide.on({ limit: 700 });
    check.equal([run.status, run.delivered, run.reason], [200, 700, 'limit'], 'the run');
    check.equal(await tide.counter.read(), { state: 'stopped', count: 700, total: 700 }, 'the counter');
    const items = [];
    while (await tide.queue.size()) items.push(await tide.queue.take());
    check.same(items, itemsOf().slice(0, 700), 'the items of the queue');
    check.same(await tide.records({ maxRate: 20_000 }).toArray(), itemsOf(), 'the items');
    check.equal(tide.run.reason, 'end', 'the reason');
    check.equal((await tide.on({ maxBytes: 10_000 })).bytes, 10_000, 'the bytes');
    check.equal(tide.state, 'idle', 'the state');
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

  'goes on with a stream that breaks': async (context) => {
    const { check, fault, itemsOf, job, options } = context;
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
      itemsOf(),
      'the items',
    );
    // A runtime may tell of the break before it hands over what came right before it: then the second is a second try.
    check.equal(
      events.map(({ error }) => error.code),
      ['ERR_CONNECTION', 'ERR_CONNECTION'],
      'why it was connected again',
    );
    check.equal(events[0].attempt, 1, 'the number of the first try');
  },

  'refuses an answer that is no success before any record': async (context) => {
    const { check, fault, job, tideway } = context;
    await fault({ path: `/items/${job.key}`, status: 429, headers: { 'retry-after': '3' } });
    const error = await check.rejects(tideOf(context, '').on(), 'a tide of a server that refuses');
    check.ok(error instanceof tideway.RateLimitError, `a RateLimitError, got ${error}`);
    check.equal(error.status, 429, 'the status');
  },

  'makes records of bytes in every framing': async ({ check, itemsOf, tide }) => {
    const { delimited, jsonSequence, lengthPrefixed, lines, sse, Tide } = tide;
    const encoder = new TextEncoder();
    const items = itemsOf().slice(0, 60);
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
