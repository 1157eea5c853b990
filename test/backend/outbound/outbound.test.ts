import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addressKind } from '../../../backend/outbound/address-kind.ts';
import { fetchBy } from '../../../backend/outbound/fetch.ts';
import { outboundOf } from '../../../backend/outbound/outbound.ts';
import { outbound as settings } from '../../../backend/outbound/settings.ts';

let server: Server;
let port: number;
let asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.host} ${request.url}`);
    if (request.url === '/moved')
      response.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` });
    response.end('{"answered":true}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

const at = (...addresses: string[]) =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const signal = () => AbortSignal.timeout(60_000);
/** What a name is at, in turn for each time that it is looked up. */
const resolver = (...answers: string[][]) => {
  const left = [...answers];
  const state = { lookups: 0 };
  return {
    state,
    resolve: async () => {
      state.lookups++;
      return at(...(left.length > 1 ? left.shift()! : left[0]));
    },
  };
};

describe('an address', () => {
  test.each([
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.1.2', 'loopback'],
    ['::1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fc00::1', 'private'],
    ['fd12:3456::1', 'private'],
    ['169.254.169.254', 'never'],
    ['100.100.100.200', 'never'],
    ['168.63.129.16', 'never'],
    ['fd00:ec2::254', 'never'],
    ['fe80::1', 'never'],
    ['fe80::1%eth0', 'never'],
    ['0.0.0.0', 'never'],
    ['::', 'never'],
    ['255.255.255.255', 'never'],
    ['224.0.0.1', 'never'],
    ['ff02::1', 'never'],
    // IPv4 within IPv6, in every way that it is written.
    ['::ffff:169.254.169.254', 'never'],
    ['::ffff:a9fe:a9fe', 'never'],
    ['0:0:0:0:0:ffff:7f00:1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['::10.0.0.1', 'private'],
    ['::ffff:8.8.8.8', 'public'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'never'],
    ['64:ff9b::8.8.8.8', 'public'],
    ['2002:a00:1::', 'never'],
    ['2001:0:1::', 'never'],
    ['no address', 'never'],
    ['', 'never'],
  ])('%s is %s', (address, kind) => expect(addressKind(address)).toBe(kind));

  test('of IPv4 is what it is within IPv6 too', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '64:ff9b::'), (address, prefix) => {
        expect(addressKind(prefix + address)).toBe(addressKind(address));
      }),
    );
  });

  test('of IPv6 is always of some kind', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(['public', 'loopback', 'private', 'never']).toContain(addressKind(address));
      }),
    );
  });
});

describe('a host', () => {
  const allowed = async (
    host: string,
    addresses: string[],
    { isOwn = true, privateHosts = [] as string[] } = {},
  ) => {
    const { resolve } = resolver(addresses);
    try {
      await outboundOf({ privateHosts }, resolve).addressesOf(host, isOwn);
      return true;
    } catch (error) {
      expect(String(error)).toMatch(/private network: name .* outbound.privateHosts|has to ask/);
      return false;
    }
  };

  test.each([
    ['a public name', 'hooks.example', ['8.8.8.8'], {}, true],
    ['a name of a private address', 'hooks.example', ['10.0.0.1'], {}, false],
    [
      'a name of one private address among others',
      'hooks.example',
      ['8.8.8.8', '10.0.0.1'],
      {},
      false,
    ],
    ['a name of this machine', 'hooks.example', ['127.0.0.1'], {}, false],
    [
      'a listed name of a private address',
      'a.internal',
      ['10.0.0.1'],
      { privateHosts: ['A.internal'] },
      true,
    ],
    [
      'a listed name of metadata',
      'a.internal',
      ['169.254.169.254'],
      { privateHosts: ['a.internal'] },
      false,
    ],
    [
      'a name below a listed one',
      'x.a.internal',
      ['10.0.0.1'],
      { privateHosts: ['a.internal'] },
      false,
    ],
    ['this machine by its address', '127.0.0.1', [], {}, true],
    ['this machine by its IPv6 address', '[::1]', [], {}, true],
    ['localhost', 'localhost', ['127.0.0.1', '::1'], {}, true],
    ['a localhost that is elsewhere', 'localhost', ['10.0.0.1'], {}, false],
    ['a private address', '10.0.0.1', [], {}, true],
    ['a private address that a server named', '10.0.0.1', [], { isOwn: false }, false],
    ['this machine, named by a server', 'localhost', ['127.0.0.1'], { isOwn: false }, false],
    ['metadata by its address', '169.254.169.254', [], {}, false],
    [
      'metadata by its address, listed',
      '169.254.169.254',
      [],
      { privateHosts: ['169.254.169.254'] },
      false,
    ],
    ['metadata in IPv6', '[::ffff:169.254.169.254]', [], {}, false],
    ['a number that the system reads as an address', '2130706433', ['127.0.0.1'], {}, false],
  ] as const)('%s', async (_, host, addresses, options, isAllowed) => {
    const { privateHosts = [], ...others } = options as { privateHosts?: readonly string[] };
    expect(
      await allowed(host, [...addresses], { privateHosts: [...privateHosts], ...others }),
    ).toBe(isAllowed);
  });

  test('of the settings is a host, without a port or a scheme', () => {
    for (const host of ['a.internal', '10.0.0.1', '::1'])
      expect(settings.safeParse({ privateHosts: [host] }).success).toBe(true);
    for (const host of ['http://a', 'a/b', '', 'a b', '*.a'])
      expect(settings.safeParse({ privateHosts: [host] }).success).toBe(false);
  });
});

describe('a request', () => {
  test('goes to the address that was checked, whatever the name is at a moment later', async () => {
    const { resolve, state } = resolver(['127.0.0.1'], ['203.0.113.1']);
    const { request } = outboundOf({ privateHosts: ['hooks.example'] }, resolve);
    const url = new URL(`http://hooks.example:${port}/hook`);
    const answer = await request(url, { signal: signal(), isOwn: true });
    answer.resume();
    expect([answer.statusCode, state.lookups]).toEqual([200, 1]);
    expect(asked).toEqual([`GET hooks.example:${port} /hook`]);
  });

  test('is not made where the name is at a private address', async () => {
    const { resolve } = resolver(['127.0.0.1']);
    const { request } = outboundOf({ privateHosts: [] }, resolve);
    const url = new URL(`http://hooks.example:${port}/hook`);
    await expect(request(url, { signal: signal(), isOwn: true })).rejects.toThrow(
      'outbound.privateHosts',
    );
    expect(asked).toEqual([]);
  });

  test('follows no redirect', async () => {
    const { request } = outboundOf({ privateHosts: [] });
    const url = new URL(`http://127.0.0.1:${port}/moved`);
    const answer = await request(url, { signal: signal(), isOwn: true });
    answer.resume();
    expect([answer.statusCode, asked.length]).toEqual([302, 1]);
  });

  test('ends with its signal while a name is looked up', async () => {
    const { request } = outboundOf({ privateHosts: [] }, () => new Promise(() => undefined));
    const signals = new AbortController();
    const asking = request(new URL('http://hooks.example'), {
      signal: signals.signal,
      isOwn: true,
    });
    signals.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  });

  test('of a library is answered as by fetch, and does not go where only a server said', async () => {
    const own = fetchBy(
      outboundOf({ privateHosts: [] }),
      ({ hostname }) => hostname === '127.0.0.1',
    );
    const answer = await own(`http://127.0.0.1:${port}/x`, {
      method: 'POST',
      body: new URLSearchParams({ a: 'b' }),
    });
    expect(await answer.json()).toEqual({ answered: true });
    await expect(own(`http://[::1]:${port}/x`)).rejects.toThrow('private network');
    expect(asked).toHaveLength(1);
  });
});
