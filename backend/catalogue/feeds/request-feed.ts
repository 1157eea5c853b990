import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { invalid } from '../../../shared/domain/errors.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { shownAddress } from '../../process/address.ts';

const MOST_REDIRECTS = 5;

/**
 * Asks for an address, and follows where its server sends on: by http or https only, never from https to http, and only to the
 * same host or to one that the settings name. Else whoever has the server could have the backend ask for anything within its network.
 * @returns an answer that is no redirect; its body is not read yet.
 * @throws ApiError 400 saying why there is none, without what an address may hold that is secret.
 */
export async function requestFeed(
  outbound: Outbound,
  url: URL,
  headers: OutgoingHttpHeaders,
  redirectHosts: readonly string[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let at = url;
  for (let followed = 0; followed <= MOST_REDIRECTS; followed++) {
    const answer = await ask(outbound, at, headers, signal);
    const { location } = answer.headers;
    if (!isRedirect(answer.statusCode) || location === undefined) return answer;
    answer.destroy();
    at = followedTo(at, location, redirectHosts);
  }
  throw invalid(`it sends on more than ${MOST_REDIRECTS} times`);
}

const isRedirect = (status = 0): boolean => [301, 302, 303, 307, 308].includes(status);

async function ask(
  { request }: Outbound,
  url: URL,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    // Only hosts that the settings name are asked: see below.
    return await request(url, { headers, signal, isOwn: true });
  } catch (error) {
    signal.throwIfAborted();
    throw invalid(`${shownAddress(url.href)} does not answer (${messageOf(error)})`);
  }
}

function followedTo(from: URL, location: string, redirectHosts: readonly string[]): URL {
  if (!URL.canParse(location, from.href)) throw invalid('it sends on to what is no address');
  const to = new URL(location, from);
  const said = `it sends on to ${shownAddress(to.href)}`;
  if (!/^https?:$/.test(to.protocol)) throw invalid(`${said}, which is neither http nor https`);
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw invalid(`${said}, from https to http`);
  // The usual port of each scheme is left out of a host.
  if (to.host !== from.host && !redirectHosts.includes(to.host))
    throw invalid(
      `${said}, which is another host: give that address, or name ${to.host} in redirectHosts of the feed`,
    );
  if (to.host === from.host && to.username === '') {
    to.username = from.username;
    to.password = from.password;
  } else if (to.host !== from.host) to.username = to.password = '';
  return to;
}
