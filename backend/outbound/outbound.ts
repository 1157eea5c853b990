import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { addressKind } from './address-kind.ts';
import type { OutboundSettings } from './settings.ts';

export interface Asked {
  readonly method?: string | undefined;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array | undefined;
  readonly signal: AbortSignal;
  /** Whether an operator wrote this host, and no answer of another server did: then it may be an IP address of their network. */
  readonly isOwn: boolean;
}

export type Outbound = ReturnType<typeof outboundOf>;
type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const allOf: Resolve = (host) => lookup(host, { all: true });

/**
 * Asks for addresses that operators set, at no address within a network that they did not mean: a name is resolved once, all of its
 * addresses are checked, and the connection goes to one of these, so that a name whose address changes in between opens nothing.
 * @param resolve for tests.
 */
export function outboundOf({ privateHosts }: OutboundSettings, resolve: Resolve = allOf) {
  const listed = new Set(privateHosts.map((host) => host.toLowerCase()));

  /**
   * Where a host is.
   * @param isOwn see `Asked`.
   * @throws Error where any of its addresses is not one that may be asked.
   */
  async function addressesOf(
    named: string,
    isOwn: boolean,
    signal?: AbortSignal,
  ): Promise<readonly LookupAddress[]> {
    const host = named.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    const version = isIP(host);
    const found =
      version === 0
        ? await unlessAborted(resolve(host), signal)
        : [{ address: host, family: version }];
    if (found.length === 0) throw new Error(`${host} has no address`);
    const isListed = listed.has(host);
    for (const { address } of found) {
      const kind = addressKind(address);
      const isMeant =
        isListed || (isOwn && (version !== 0 || (host === 'localhost' && kind === 'loopback')));
      if (kind === 'public' || (kind !== 'never' && isMeant)) continue;
      const where = version === 0 ? `${host} is at ${address}` : address;
      throw new Error(
        kind === 'never'
          ? `${where}, which nothing here has to ask`
          : `${where}, within a private network: name ${host} in outbound.privateHosts if that is meant`,
      );
    }
    return found;
  }

  /** One request over a connection of its own; redirects are not followed. @throws Error where there is no answer. */
  async function request(
    url: URL,
    { method = 'GET', headers, body, signal, isOwn }: Asked,
  ): Promise<IncomingMessage> {
    const found = await addressesOf(url.hostname, isOwn, signal);
    const { promise, resolve: answered, reject } = Promise.withResolvers<IncomingMessage>();
    const { request: send } = url.protocol === 'https:' ? https : http;
    const sending = send(
      url,
      {
        method,
        signal,
        agent: false,
        ...(headers && { headers }),
        lookup: (_, options, done) =>
          options.all === true
            ? done(null, [...found])
            : done(null, found[0].address, found[0].family),
      },
      answered,
    );
    // It may fail again behind the first failure, which must not end the process.
    sending.on('error', reject);
    sending.end(body);
    return promise;
  }

  return { addressesOf, request };
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason as Error);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
