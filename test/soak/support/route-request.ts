import type { Described, Operation } from './described-operations.ts';
import { mutatedBytes, mutatedJson, ODD_TEXTS, pick, type Random } from './mutate.ts';
import { sampleOf } from './sample-schema.ts';

/** A request that is made from a description, and changed. */
export interface RouteRequest {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  /** In the order in which they are sent; a name may stand there twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array<ArrayBuffer>;
}

const IDS = [
  'v000000',
  'v000001',
  'v999999',
  'smarttrip',
  'trip-1',
  '2026-11',
  'none',
  '1',
  '-1',
  '1e9',
];
/** Those that an address can hold. */
const PATH_TEXTS = ODD_TEXTS.filter((text) => text.isWellFormed() && text.length < 400);
/** Ways out of a folder, and ends of texts, as they are sent: nothing encodes them again. */
const TRAVERSALS = [
  '..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f',
  '..%5c..',
  '%252e%252e%252f',
  '%00',
  'v000001%00.bin',
  '%ff%fe',
  '%',
  '..;',
  '%c0%ae%c0%ae',
];
const HUGE = [
  '9'.repeat(40),
  '-9'.padEnd(40, '9'),
  '1e400',
  '0x10',
  '٣',
  'NaN',
  '-0',
  '1.0000000001',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE'];
const LONG = 'x'.repeat(4000);

const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', ''],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', `application/json; x=${LONG}`],
  ['content-encoding', 'gzip'],
  ['user-agent', LONG],
  ['user-agent', ''],
  ['x-trimtab-actor', "<b>ana</b>'; --"],
  ['x-trimtab-version', '../../v000001'],
  ['x-trimtab-version', '__proto__'],
  ['x-trimtab-signature', 't=1,v1=00'],
  ['x-forwarded-for', '::1, 10.0.0.1, unknown, 999.999.999.999'],
  ['cf-connecting-ip', ''],
  ['cf-connecting-ip', LONG],
  ['origin', 'null'],
  ['origin', 'https://shop.example'],
  ['referer', LONG],
  ['cookie', 'a=b; '.repeat(500)],
  ['cookie', '__Host-trimtab=%00; trimtab=%ff'],
  ['accept', 'text/html, text/markdown;q=0.9'],
  ['accept', '*/'],
  ['accept-language', LONG],
  ['range', 'bytes=0-3'],
  ['if-none-match', '*'],
  ['idempotency-key', LONG],
  ['x-http-method-override', 'DELETE'],
  ['sec-fetch-site', 'cross-site'],
  ['x-csrf-token', LONG],
];

const utf8 = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

/**
 * A request to an operation: nearly always with all that it needs, and mostly with something changed.
 * @param example a body that comes far, which the description alone cannot tell, such as one with a token that fits.
 */
export function routeRequest(
  random: Random,
  operation: Operation,
  { components }: Pick<Described, 'components'>,
  example?: unknown,
): RouteRequest {
  const headers: (readonly [string, string])[] = [];
  const { body } = operation;
  if (body !== undefined || random() < 0.05)
    headers.push(['content-type', body?.type ?? 'application/json']);
  for (const { name, in: where, schema = {} } of operation.parameters)
    if (where === 'header' && random() < 0.5)
      headers.push([name, headerText(sampleOf(random, schema, components))]);
  while (random() < 0.12) headers.push(pick(random, ODD_HEADERS));
  const method = random() < 0.02 ? pick(random, METHODS) : operation.method;
  const mayHaveBody = method !== 'GET' && method !== 'HEAD';
  const sent = mayHaveBody ? bodyOf(random, operation, components, example) : undefined;
  return {
    operation,
    method,
    path: pathOf(random, operation, components),
    headers,
    ...(sent && { body: sent }),
  };
}

/** What a header can hold. */
const headerText = (value: unknown): string =>
  String(value)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 2000);

function pathOf(
  random: Random,
  { path, parameters }: Operation,
  components: Described['components'],
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (random() < 0.05) return pick(random, TRAVERSALS);
    const schema = parameters.find((one) => one.name === name)?.schema;
    const kind = random();
    if (kind < 0.4) return pick(random, IDS);
    if (kind < 0.7 && schema) return asText(sampleOf(random, schema, components));
    return encodeURIComponent(pick(random, PATH_TEXTS));
  });
  const asked: string[] = [];
  for (const { name, in: where, required = false, schema = {} } of parameters) {
    if (where !== 'query' || random() > (required ? 0.95 : 0.5)) continue;
    const value = () =>
      random() < 0.7
        ? asText(sampleOf(random, schema, components))
        : encodeURIComponent(pick(random, random() < 0.5 ? HUGE : PATH_TEXTS));
    asked.push(`${name}=${value()}`);
    if (random() < 0.03) asked.push(`${name}=${value()}`);
  }
  if (random() < 0.03)
    asked.push(pick(random, ['unknown=1', '__proto__=1', '&&=', '%ff=%fe', LONG]));
  const tail =
    random() < 0.02 ? pick(random, ['/', '//', '/x', '/..', '/%2e%2e', '/%00', '%ff']) : '';
  return `${filled}${tail}${asked.length > 0 ? `?${asked.join('&')}` : ''}`;
}

const asText = (value: unknown): string =>
  encodeURIComponent(
    (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
      .toWellFormed()
      .slice(0, 500),
  );

function bodyOf(
  random: Random,
  { body }: Operation,
  components: Described['components'],
  example: unknown,
): Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined) return random() < 0.1 ? mutatedJson(random, { any: 1 }) : undefined;
  if (random() < 0.02) return undefined;
  const value =
    example !== undefined && random() < 0.6 ? example : sampleOf(random, body.schema, components);
  const kind = random();
  if (kind < 0.3) return utf8(JSON.stringify(value) ?? '');
  if (kind < 0.34) return utf8(withTwins(random, value));
  if (kind < 0.36) return utf8(`\ufeff${JSON.stringify(value)}`);
  if (kind < 0.38) return mutatedBytes(random, utf8(JSON.stringify(value)));
  return mutatedJson(random, value);
}

/** Every object has its first field twice: parsers differ in which one they take. */
const withTwins = (random: Random, value: unknown): string =>
  (JSON.stringify(value) ?? '').replaceAll(/\{"([^"\\]*)":/g, (whole, name: string) =>
    random() < 0.5
      ? whole
      : `{"${name}":${pick(random, ['null', '1e999', '"twin"', '{}'])},"${name}":`,
  );
