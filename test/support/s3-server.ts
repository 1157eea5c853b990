import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * As much of S3 as partitions and the log need, over plain HTTP: GET, HEAD, PUT with its conditions and metadata, DELETE and ListObjectsV2 on
 * one bucket, with AWS Signature Version 4 checked as the AWS documentation tells it, and bodies against their signed SHA-256.
 */
export interface S3Server {
  readonly url: string;
  readonly bucket: string;
  /** Decoded key → object. */
  readonly objects: Map<string, Buffer>;
  /** `PUT some/key`, in order, of requests that were let in. */
  readonly calls: string[];
  /** Answers this many requests with 503. */
  failures: number;
  /** What goes wrong besides; asked at each request. Default: nothing. */
  faults: S3Faults;
  close(): Promise<void>;
}

export interface S3Faults {
  /** Whether the answer is lost after the request took effect. */
  readonly losesAnswer?: (method: string, key: string) => boolean;
  /** Whether the request takes effect twice, as where a proxy sends it again: the second one is answered. */
  readonly sendsTwice?: (method: string, key: string) => boolean;
  /** Whether a list does not have an object yet. */
  readonly isUnlisted?: (key: string) => boolean;
  /** With which status a request is refused, without any effect; undefined: it is not. */
  readonly refuses?: (method: string, key: string) => number | undefined;
  readonly delayMs?: (method: string, key: string) => number;
}

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Pages of a listing are short, so that tests turn them. */
const PAGE = 3;

export async function startS3Server(keys: S3Keys, bucket: string): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const metadata = new Map<string, Record<string, string>>();
  const calls: string[] = [];
  const state: { failures: number; faults: S3Faults } = { failures: 0, faults: {} };
  const tagOf = (key: string) => {
    const object = objects.get(key);
    return object && `"${createHash('md5').update(object).digest('hex')}"`;
  };
  /** What a request does, and how it is answered. */
  const take = (request: IncomingMessage, key: string, url: URL, body: Buffer): Taken => {
    calls.push(`${request.method} ${key}`);
    if (key === '') return listed(objects, url.searchParams, state.faults);
    const tag = tagOf(key);
    const { 'if-none-match': ifNone, 'if-match': ifMatch } = request.headers;
    if (request.method === 'PUT') {
      if (ifNone === '*' && tag !== undefined) return failed(412, 'PreconditionFailed');
      if (ifMatch !== undefined && tag === undefined) return failed(404, 'NoSuchKey');
      if (ifMatch !== undefined && ifMatch !== tag) return failed(412, 'PreconditionFailed');
      objects.set(key, body);
      metadata.set(
        key,
        Object.fromEntries(
          Object.entries(request.headers).flatMap(([name, value]) =>
            name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
          ),
        ),
      );
      return { status: 200, headers: { etag: tagOf(key)! } };
    }
    if (request.method === 'DELETE') {
      objects.delete(key);
      return { status: 204, headers: {} };
    }
    const found = objects.get(key);
    if (found === undefined) return failed(404, 'NoSuchKey');
    const headers = { etag: tag!, 'content-length': found.length, ...metadata.get(key) };
    return { status: 200, headers, ...(request.method === 'GET' && { body: found }) };
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', (): void => {
      const body = Buffer.concat(chunks);
      const url = new URL(request.url!, 'http://store');
      const answers = ({ status, headers, body: answer }: Taken): void => {
        response.writeHead(status, headers).end(answer);
      };
      const fault = faultOf(request, url, body, keys);
      if (fault !== undefined) return answers(failed(403, fault));
      if (state.failures > 0) {
        state.failures--;
        return answers(failed(503, 'SlowDown'));
      }
      const [, named, ...path] = url.pathname.split('/').map(decodeURIComponent);
      if (named !== bucket) return answers(failed(404, 'NoSuchBucket'));
      const key = path.join('/');
      const { losesAnswer, sendsTwice, delayMs, refuses } = state.faults;
      const method = request.method!;
      const refusal = refuses?.(method, key);
      if (refusal !== undefined) return answers(failed(refusal, 'Refused'));
      const handle = (): void => {
        let taken = take(request, key, url, body);
        if (sendsTwice?.(method, key)) taken = take(request, key, url, body);
        if (losesAnswer?.(method, key)) request.socket.destroy();
        else answers(taken);
      };
      const waitMs = delayMs?.(method, key) ?? 0;
      if (waitMs === 0) handle();
      else setTimeout(handle, waitMs);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    objects,
    calls,
    get failures() {
      return state.failures;
    },
    set failures(n) {
      state.failures = n;
    },
    get faults() {
      return state.faults;
    },
    set faults(faults) {
      state.faults = faults;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Taken {
  readonly status: number;
  readonly headers: Record<string, string | number>;
  readonly body?: Buffer | string;
}

/** Keys and what is below a delimiter, as one sorted sequence of which a page is given. */
function listed(
  objects: ReadonlyMap<string, Buffer>,
  query: URLSearchParams,
  { isUnlisted }: S3Faults,
): Taken {
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter');
  const entries = new Set(
    [...objects.keys()]
      .filter((key) => key.startsWith(prefix) && isUnlisted?.(key) !== true)
      .map((key) => {
        const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
        return end === -1 ? key : key.slice(0, end + 1);
      })
      .filter((entry) => entry > after),
  );
  const sorted = [...entries].toSorted();
  const page = sorted.slice(0, PAGE);
  const next =
    sorted.length > PAGE
      ? `<NextContinuationToken>${escaped(page.at(-1)!)}</NextContinuationToken>`
      : '';
  const contents = page
    .map((entry) =>
      objects.has(entry)
        ? `<Contents><Key>${escaped(entry)}</Key><Size>${objects.get(entry)!.length}</Size></Contents>`
        : `<CommonPrefixes><Prefix>${escaped(entry)}</Prefix></CommonPrefixes>`,
    )
    .join('');
  const body = `<?xml version="1.0"?><ListBucketResult>${contents}${next}</ListBucketResult>`;
  return { status: 200, headers: {}, body };
}

const failed = (status: number, code: string): Taken => ({
  status,
  headers: {},
  body: `<Error><Code>${code}</Code></Error>`,
});

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Signature Version 4, header form: docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html. */
function faultOf(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  keys: S3Keys,
): string | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (match === null) return 'AccessDenied';
  const [, id, date, region, signedHeaders, signature] = match;
  if (id !== keys.accessKeyId) return 'InvalidAccessKeyId';
  const names = signedHeaders.split(';');
  for (const needed of ['host', 'x-amz-content-sha256', 'x-amz-date'])
    if (!names.includes(needed)) return `${needed} is not signed`;
  const said = String(request.headers['x-amz-content-sha256']);
  if (said !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const at = String(request.headers['x-amz-date']);
  const query = [...url.searchParams]
    .map(([name, value]) => `${strictly(name)}=${strictly(value)}`)
    .toSorted()
    .join('&');
  const path = url.pathname.split('/').map(decodeURIComponent).map(strictly).join('/');
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  const canonical = [request.method, path, query, headers, signedHeaders, said].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const key = [date, region, 's3', 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${keys.secretAccessKey}`,
  );
  const expected = hmac(key, toSign);
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
    ? undefined
    : 'SignatureDoesNotMatch';
}

const strictly = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string) =>
  createHmac('sha256', key).update(data).digest();
