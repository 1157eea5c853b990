import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { S3Location } from './object-store.ts';

/** Errors that pass (5xx, 429) are tried again so often, with growing pauses. */
const RETRIES = 4;

export interface S3Answer {
  /** 412, or 409 where another write of the key is under way: the condition of the request does not hold. 404: there is no such key, or no such bucket. */
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Listing {
  /** Without the location's prefix, in order. */
  readonly keys: readonly { readonly key: string; readonly sizeBytes: number }[];
  /** What is below, up to the delimiter, where one was given. */
  readonly folders: readonly string[];
  /** With which the next page begins; undefined: this is the last. */
  readonly next: string | undefined;
}

/** What asks one bucket, below a prefix. */
export interface S3Requests {
  /** @param query of a bucket's own, such as `versioning`, where there is no key. */
  readonly ask: (
    method: 'GET' | 'PUT' | 'DELETE',
    at: { readonly key: string } | { readonly query: string },
    body?: Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<S3Answer>;
  /** One page of `ListObjectsV2`. */
  readonly list: (parameters: ListParameters) => Promise<Listing>;
  /** All pages. */
  readonly pages: (parameters: ListParameters) => AsyncGenerator<Listing>;
}

type ListParameters = Readonly<Record<'prefix', string> & Record<string, string>>;

/**
 * Requests to a store that speaks S3: path-style addresses, signed with AWS Signature Version 4. A single PUT takes effect whole or not
 * at all, and the store checks the bytes against the signed SHA-256.
 */
export function s3Requests(location: S3Location): S3Requests {
  const { endpoint, bucket, prefix, region, setting = 'TRIMTAB_TRAINING_STORE' } = location;
  const { accessKeyId, secretAccessKey, sessionToken } = location;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: 's3',
    region,
    retries: RETRIES,
  });
  const base = `${endpoint}/${bucket}`;
  const urlOf = (key: string) =>
    `${base}/${`${prefix}${key}`.split('/').map(encodeURIComponent).join('/')}`;
  const ask: S3Requests['ask'] = async (method, at, body, headers = {}) => {
    const url = 'key' in at ? urlOf(at.key) : `${base}?${at.query}`;
    const hash = createHash('sha256').update(body ?? new Uint8Array());
    const response = await client.fetch(url, {
      method,
      headers: { ...headers, 'x-amz-content-sha256': hash.digest('hex') },
      ...(body !== undefined && { body: new Uint8Array(body) }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const { status } = response;
    const hasCondition = 'if-match' in headers || 'if-none-match' in headers;
    if (response.ok || status === 404 || (hasCondition && (status === 412 || status === 409)))
      return { status, headers: response.headers, bytes };
    const said = textOf(bytes).slice(0, 300);
    throw new Error(
      `${method} ${url} was answered ${status} (${said}): check ${setting} and the AWS_… keys`,
    );
  };
  const list: S3Requests['list'] = async ({ prefix: start, ...parameters }) => {
    const query = new URLSearchParams({
      'list-type': '2',
      ...parameters,
      prefix: `${prefix}${start}`,
      ...('start-after' in parameters && {
        'start-after': `${prefix}${parameters['start-after']}`,
      }),
    });
    const { status, bytes } = await ask('GET', { query: query.toString() });
    if (status === 404) throw noBucket(location);
    const xml = textOf(bytes);
    const keys = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, about]) => ({
      key: unescaped(/<Key>([^<]*)<\/Key>/.exec(about)?.[1] ?? '').slice(prefix.length),
      sizeBytes: Number(/<Size>(\d+)<\/Size>/.exec(about)?.[1] ?? 0),
    }));
    const folders = [...xml.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]*)<\/Prefix>/g)].map(
      ([, folder]) => unescaped(folder).slice(prefix.length),
    );
    const next = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1];
    return { keys, folders, next: next === undefined ? undefined : unescaped(next) };
  };
  return {
    ask,
    list,
    async *pages(parameters) {
      let page = await list(parameters);
      yield page;
      while (page.next !== undefined) {
        page = await list({ ...parameters, 'continuation-token': page.next });
        yield page;
      }
    },
  };
}

export const noBucket = ({ bucket, endpoint }: S3Location) =>
  new Error(`there is no bucket ${bucket} at ${endpoint}`);

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
};

const unescaped = (text: string) =>
  text.replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity]);
