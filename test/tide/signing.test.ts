import { createHmac } from 'node:crypto';
import { basic, bearer, jsonLines, type OAuth1Options, oauth1, type Sign, Tide } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { startServer } from '../helpers/server.ts';

async function headerOf(sign: Sign, request: Request): Promise<string> {
  const signed = (await sign(request)) ?? request;
  return signed.headers.get('authorization') ?? '';
}

async function signatureOf(options: OAuth1Options, url: string, init?: RequestInit): Promise<string> {
  const header = await headerOf(oauth1(options), new Request(url, init));
  return decodeURIComponent(/oauth_signature="([^"]*)"/.exec(header)?.[1] ?? '');
}

/** The credentials of the examples in RFC 5849, section 1.2. */
const PHOTOS: OAuth1Options = {
  consumerKey: 'dpf43f3p2l4k3l03',
  consumerSecret: 'kd94hf93k423kf44',
  realm: 'Photos',
  parameters: { oauth_version: undefined },
};

/** Those of Twitter's documentation. */
const TWITTER: OAuth1Options = {
  consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
  consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
  token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
  tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
  nonce: () => 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
  clock: () => 1_318_622_958_000,
};

describe('oauth1()', () => {
  it('signs the request for a token in RFC 5849 as it stands there', async () => {
    const sign = oauth1({
      ...PHOTOS,
      parameters: { oauth_version: undefined, oauth_callback: 'http://printer.example.com/ready' },
      nonce: () => 'wIjqoS',
      clock: () => 137_131_200_000,
    });
    const header = await headerOf(sign, new Request('https://photos.example.net/initiate', { method: 'POST' }));
    expect(header.split(', ').toSorted()).toEqual(
      [
        'OAuth realm="Photos"',
        'oauth_consumer_key="dpf43f3p2l4k3l03"',
        'oauth_signature_method="HMAC-SHA1"',
        'oauth_timestamp="137131200"',
        'oauth_nonce="wIjqoS"',
        'oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready"',
        'oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"',
      ].toSorted(),
    );
  });

  it('signs the request for a photo in RFC 5849 as it stands there', async () => {
    const options = {
      ...PHOTOS,
      token: 'nnch734d00sl2jdk',
      tokenSecret: 'pfkkdhi9sl3r4s00',
      nonce: () => 'chapoH',
      clock: () => 137_131_202_000,
    };
    const url = 'http://photos.example.net/photos?file=vacation.jpg&size=original';
    expect(await signatureOf(options, url)).toBe('MdpQcU8iPSUjWoN/UDMsK2sui9I=');
  });

  it('signs a form as Twitter documents it', async () => {
    const body = 'status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const sign = (version: string): Promise<string> =>
      signatureOf(TWITTER, `https://api.twitter.com/${version}/statuses/update.json?include_entities=true`, {
        method: 'POST',
        body,
        headers,
      });
    expect(await sign('1')).toBe('tnnArxj06cWHq44gCs1OSKk/jLY=');
    expect(await sign('1.1')).toBe('hCtSmYh+iHYCEqBWrE7C7hYmtUk=');
  });

  it('puts parameters in order after they are encoded, those with one name by their values (section 3.4.1.3.2)', async () => {
    const base =
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26' +
      'c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA256%26' +
      'oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7';
    const options: OAuth1Options = {
      consumerKey: '9djdj82h48djs9d2',
      consumerSecret: "it's",
      token: 'kkk9d7dh3k39sjv7',
      tokenSecret: 'a&b',
      method: 'HMAC-SHA256',
      parameters: { oauth_version: undefined },
      nonce: () => '7d8f3e4a',
      clock: () => 137_131_201_000,
    };
    const signature = await signatureOf(options, 'http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b', {
      method: 'POST',
      body: 'c2&a3=2+q',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(signature).toBe(createHmac('sha256', 'it%27s&a%26b').update(base).digest('base64'));
  });

  it('sends the secrets themselves with PLAINTEXT', async () => {
    expect(await signatureOf({ ...TWITTER, method: 'PLAINTEXT' }, 'https://example.com/')).toBe(
      `${TWITTER.consumerSecret}&${TWITTER.tokenSecret}`,
    );
    const { consumerKey, consumerSecret } = PHOTOS;
    expect(await signatureOf({ consumerKey, consumerSecret, method: 'PLAINTEXT' }, 'https://example.com/')).toBe(
      `${consumerSecret}&`,
    );
  });

  it.each([
    { ...PHOTOS, consumerSecret: undefined },
    { ...PHOTOS, consumerKey: 5 },
    { ...PHOTOS, method: 'RSA-SHA1' },
    { ...PHOTOS, token: 7 },
  ])('refuses what cannot sign, and does not show it', (options) => {
    const error = thrown(() => oauth1(options as OAuth1Options));
    expect(error).toHaveProperty('code', 'ERR_CONFIGURATION');
    expect(prints(error)).not.toContain('kd94hf93k423kf44');
  });
});

describe('bearer() and basic()', () => {
  it('set the header, and a function is asked for a token each time', async () => {
    const request = (): Request => new Request('http://localhost/');
    expect(await headerOf(bearer('token'), request())).toBe('Bearer token');
    let n = 0;
    const sign = bearer(async () => `token-${++n}`);
    expect([await headerOf(sign, request()), await headerOf(sign, request())]).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(await headerOf(basic('ada', 'pässword:'), request())).toBe(
      `Basic ${Buffer.from('ada:pässword:').toString('base64')}`,
    );
  });

  it.each(['', 'SE CRET', 'SECRET\n', undefined, 5])('refuse the token %j, and do not show it', async (token) => {
    for (const error of [
      thrown(() => bearer(token as string)),
      await rejection((async () => bearer(() => token as string)(new Request('http://localhost/')))()),
    ]) {
      expect(error).toHaveProperty('code', 'ERR_CONFIGURATION');
      expect(prints(error)).not.toContain('CRET');
    }
  });

  it('refuse a user with a colon', () => {
    expect(thrown(() => basic('SEC:RET', 'x'))).toHaveProperty('code', 'ERR_CONFIGURATION');
  });
});

describe('A tide that signs', () => {
  it('does so anew for every attempt, and the server can verify each', async () => {
    const seen = new Set<string>();
    await using server = await startServer((response, { headers, method, url }, count) => {
      const parts = new Map(
        [...(headers.authorization ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [
          name ?? '',
          decodeURIComponent(value ?? ''),
        ]),
      );
      const signature = parts.get('oauth_signature');
      parts.delete('oauth_signature');
      const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, escape);
      const { origin, pathname, searchParams } = new URL(url, server.url);
      const all = [...parts, ...searchParams].map((pair) => pair.map(encode).join('=')).sort();
      const base = [method, origin + pathname, all.join('&')].map(encode).join('&');
      const expected = createHmac('sha1', 'secret&other').update(base).digest('base64');
      const nonce = parts.get('oauth_nonce') ?? '';
      if (signature !== expected || seen.has(nonce)) return void response.writeHead(401).end();
      seen.add(nonce);
      if (count < 4) response.write('1\n', () => response.destroy());
      else response.end('1\n');
    });
    const tide = new Tide(`${server.url}stream?track=${encodeURIComponent('kettle & "tea"')}`, {
      framing: jsonLines(),
      sign: oauth1({ consumerKey: 'key', consumerSecret: 'secret', token: 'token', tokenSecret: 'other' }),
      reconnect: { network: 1 },
    });
    expect(await tide.on()).toMatchObject({ delivered: 4, reason: 'end' });
    expect(seen.size).toBe(4);
  });

  it('may send another request than the one it was given', async () => {
    await using server = await startServer((response, { url }) => void response.end(JSON.stringify(url)));
    const sign: Sign = (request) => new Request(`${request.url}?signed`);
    expect(await new Tide(server.url, { framing: jsonLines(), sign }).records().first()).toBe('/?signed');
  });

  it('fails with what the signing throws, without another attempt', async () => {
    await using server = await startServer((response) => void response.end());
    const failure = new Error('No key');
    const sign = (): never => {
      throw failure;
    };
    const tide = new Tide(server.url, { framing: jsonLines(), sign, reconnect: { network: 1 } });
    expect(await rejection(tide.on())).toBe(failure);
    expect(server.requests).toHaveLength(0);
    expect(tide.state).toBe('idle');
  });

  it('follows no redirect, and shows its credential in no error', async () => {
    await using server = await startServer((response, { headers }, count) => {
      if (count === 1) response.writeHead(302, { location: 'http://elsewhere.example/' }).end();
      else response.writeHead(403).end(`You said ${headers.authorization}`);
    });
    const tide = new Tide(server.url, { framing: jsonLines(), sign: bearer('TOP-SECRET') });
    expect(await rejection(tide.on())).toMatchObject({ code: 'ERR_REDIRECT', target: 'http://elsewhere.example' });
    const error = await rejection(tide.on());
    expect(error).toMatchObject({ status: 403 });
    expect(prints(error)).not.toContain('TOP-SECRET');
    expect((error as { body: string }).body).not.toContain('TOP-SECRET');
  });
});
