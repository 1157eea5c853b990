import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * As much of S3 as partitions need, over plain HTTP: GET, PUT, DELETE and ListObjectsV2 on one bucket, with
 * AWS Signature Version 4 checked as the AWS documentation tells it, and bodies against their signed SHA-256.
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
  close(): Promise<void>;
}

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Pages of a listing are short, so that tests turn them. */
const PAGE = 3;

export async function startS3Server(keys: S3Keys, bucket: string): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const calls: string[] = [];
  const state = { failures: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const url = new URL(request.url!, 'http://store');
      const fault = faultOf(request, url, body, keys);
      if (fault !== undefined) return fail(response, 403, fault);
      if (state.failures > 0) {
        state.failures--;
        return fail(response, 503, 'SlowDown');
      }
      const [, named, ...path] = url.pathname.split('/').map(decodeURIComponent);
      if (named !== bucket) return fail(response, 404, 'NoSuchBucket');
      const key = path.join('/');
      calls.push(`${request.method} ${key}`);
      if (key === '') return list(response, objects, url.searchParams);
      if (request.method === 'PUT') objects.set(key, body);
      if (request.method === 'DELETE') objects.delete(key);
      if (request.method !== 'GET')
        return response.writeHead(request.method === 'DELETE' ? 204 : 200).end();
      const found = objects.get(key);
      return found === undefined ? fail(response, 404, 'NoSuchKey') : response.end(found);
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function list(
  response: ServerResponse,
  objects: ReadonlyMap<string, Buffer>,
  query: URLSearchParams,
): void {
  const after = query.get('continuation-token') ?? '';
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
    .toSorted();
  const page = keys.slice(0, PAGE);
  const next =
    keys.length > PAGE
      ? `<NextContinuationToken>${escaped(page.at(-1)!)}</NextContinuationToken>`
      : '';
  const contents = page.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`).join('');
  response.end(`<?xml version="1.0"?><ListBucketResult>${contents}${next}</ListBucketResult>`);
}

const fail = (response: ServerResponse, status: number, code: string) =>
  void response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);

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
