const GROUPS_OF_A_NETWORK = 4;

/**
 * Where a request comes from, as far as it can be limited: an IPv4 address, or the first 64 bits of an IPv6 address, because
 * whoever has one IPv6 address has all that begin alike. Cloudflare writes the header, whatever the caller sent in it.
 * @returns undefined outside of Cloudflare, where a proxy does not send it.
 */
export function addressOf(request: Request): string | undefined {
  const address = request.headers.get('cf-connecting-ip');
  if (address === null || address === '') return undefined;
  // An IPv4 address may be written as the end of an IPv6 address.
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  return networkOf(address);
}

/** The first four groups of an IPv6 address (RFC 4291, 2.2), of which `::` stands for as many zeros as are missing. */
function networkOf(address: string): string {
  const [before, after] = address.toLowerCase().split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const missing = after === undefined ? 0 : Math.max(8 - head.length - tail.length, 0);
  return [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
    .slice(0, GROUPS_OF_A_NETWORK)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
