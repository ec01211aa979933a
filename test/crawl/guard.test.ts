import fc from 'fast-check';
import { polite } from 'tideway/crawl';
import { Fetcher } from 'tideway/fetcher';
import { type PublicFetchOptions, publicFetch } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { startServer } from '../helpers/server.ts';

/** A network in which every request arrives, and is counted. */
function network(answer: (url: URL) => Response = () => new Response('arrived')) {
  const arrived: string[] = [];
  return {
    arrived,
    fetch: async (url: string) => {
      arrived.push(url);
      return answer(new URL(url));
    },
  };
}

const guarded = { blockPrivateNetworks: true, retry: false } as const;

describe('blockPrivateNetworks', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://2130706433/',
    'http://127.0.0.1.:8080/',
    'http://１２７.0.0.1/',
    'http://0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://192.0.0.192/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:1::1]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://metadata.google.internal/',
    'http://printer.local/',
    'http://intranet/',
    'http://router.home.arpa/',
  ])('refuses %s without a request', async (url) => {
    const { arrived, fetch } = network();
    await expect(new Fetcher({ ...guarded, fetch }).fetch(url)).rejects.toMatchObject({
      name: 'PrivateNetworkError',
      code: 'ERR_PRIVATE_NETWORK',
    });
    expect(arrived).toEqual([]);
  });

  test.each([
    'http://example.com/',
    'http://1.1.1.1/',
    'http://172.32.0.1/',
    'http://100.128.0.1/',
    'http://192.0.1.1/',
    'http://[2606:4700::1111]/',
    'http://[::ffff:1.1.1.1]/',
    'http://[64:ff9b::1.1.1.1]/',
    'http://localhost.example.com/',
    'http://internal.example/',
  ])('lets %s pass', async (url) => {
    const { fetch } = network();
    expect(await (await new Fetcher({ ...guarded, fetch }).fetch(url)).text()).toBe('arrived');
  });

  test('knows every spelling of an address of the networks that it refuses', () => {
    const { arrived, fetch } = network();
    const fetcher = new Fetcher({ ...guarded, fetch });
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
    const spelled = fc.constantFrom<(parts: number[]) => string>(
      (parts) => parts.join('.'),
      (parts) => parts.map((part) => `0x${part.toString(16)}`).join('.'),
      (parts) => parts.map((part) => `0${part.toString(8)}`).join('.'),
      (parts) => String(parts.reduce((sum, part) => sum * 256 + part, 0)),
      (parts) => `[::ffff:${parts.join('.')}]`,
    );
    return fc.assert(
      fc.asyncProperty(fc.constantFrom(10, 127, 0), octets, spelled, async (first, rest, spell) => {
        const url = `http://${spell([first, ...rest])}/`;
        await expect(fetcher.fetch(url)).rejects.toMatchObject({ name: 'PrivateNetworkError' });
        expect(arrived).toEqual([]);
      }),
    );
  });

  test('is asked for each redirect, and for where robots.txt leads', async () => {
    const { arrived, fetch } = network(({ pathname }) =>
      pathname === '/fine'
        ? new Response('fine')
        : new Response('', { status: 302, headers: { location: 'http://169.254.169.254/latest?token=secret' } }),
    );
    const error = await new Fetcher({ ...guarded, fetch })
      .fetch('http://example.com/')
      .catch((failure: Error) => failure);
    expect(error).toMatchObject({
      name: 'PrivateNetworkError',
      message: 'http://169.254.169.254/latest is in a private network',
    });
    expect(arrived).toEqual(['http://example.com/']);
    const policy = polite({ userAgent: 'acme/1.0', delay: 0 });
    const crawler = new Fetcher({ ...guarded, fetch, policy });
    await expect(crawler.fetch('http://example.com/fine')).rejects.toMatchObject({ name: 'RobotsDisallowedError' });
    expect(arrived.slice(1).every((url) => url === 'http://example.com/robots.txt')).toBe(true);
  });

  test('is off for lists of the user’s own', async () => {
    await using server = await startServer((response) => void response.end('mine'));
    expect(await (await new Fetcher().fetch(server.url)).text()).toBe('mine');
    await expect(new Fetcher({ blockPrivateNetworks: true }).fetch(server.url)).rejects.toMatchObject({
      name: 'PrivateNetworkError',
    });
    expect(server.requests).toHaveLength(1);
  });

  test('is a boolean', () => {
    expect(() => new Fetcher({ blockPrivateNetworks: 'yes' as never })).toThrow(
      'Expected `blockPrivateNetworks` to be a boolean, got `yes`',
    );
  });
});

describe('publicFetch', () => {
  /** Names that lead where they are told to: each lookup of one takes the next of its addresses, the last one stays. */
  const dns = (names: Record<string, string[]>): PublicFetchOptions => ({
    lookup: (name, _options, callback) => {
      const [address = '', ...others] = names[name] ?? [];
      if (others.length > 0) names[name] = others;
      callback(
        null,
        address.split(' ').map((one) => ({ address: one, family: one.includes(':') ? 6 : 4 })),
      );
    },
  });

  test('refuses addresses, and names by the addresses that they lead to when the connection is made', async () => {
    await using server = await startServer((response) => void response.end('private'));
    const { port } = new URL(server.url);
    const names = {
      'rebind.example': ['127.0.0.1'],
      'both.example': ['1.1.1.1 ::1'],
      'mapped.example': ['::ffff:7f00:1'],
    };
    const fetch = publicFetch(dns(names));
    await expect(fetch(server.url)).rejects.toMatchObject({ name: 'PrivateNetworkError' });
    for (const name of Object.keys(names)) {
      await expect(fetch(`http://${name}:${port}/`)).rejects.toMatchObject({
        name: 'PrivateNetworkError',
        message: `${name} leads into a private network`,
      });
    }
    expect(server.requests).toHaveLength(0);
  });

  test('tells of it through a fetcher, without further tries', async () => {
    const fetch = publicFetch(dns({ 'rebind.example': ['10.0.0.1'] }));
    const fetcher = new Fetcher({ blockPrivateNetworks: true, fetch });
    let retries = 0;
    fetcher.on('retry', () => {
      retries++;
    });
    await expect(fetcher.fetch('http://rebind.example:9/')).rejects.toMatchObject({ name: 'PrivateNetworkError' });
    expect(retries).toBe(0);
  });

  test('rejects for a name that leads nowhere as any fetch does', async () => {
    await expect(publicFetch()('http://nowhere.invalid/')).rejects.toThrow(TypeError);
  });

  test('takes a lookup that is a function', () => {
    expect(() => publicFetch({ lookup: 7 as never })).toThrow('Expected `lookup` to be of type function, got `7`');
  });
});
