import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import { count } from '../../../shared/text/text.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { headOf, unpacked, unpackedIfGzip } from '../../table/gzip.ts';
import type { Feed } from './feed.ts';
import { atMost, receivedWhole } from './answer-body.ts';
import { requestFeed } from './request-feed.ts';

/** By which a server knows the answer that it gave. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface Download extends Validators {
  /** A file in the folder, unpacked and whole. */
  readonly file: string;
  readonly format: string;
}

/** By the ending of an address, or the type that the server gives; what none of them says must be said by `read.format`. */
const FORMAT_OF_TYPE: Readonly<Record<string, string>> = {
  'text/csv': 'csv',
  'application/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'application/json': 'json',
  'application/jsonl': 'jsonl',
  'application/x-ndjson': 'jsonl',
  'application/ndjson': 'jsonl',
};

/**
 * Brings a feed into a file.
 * @param known of the answer that was taken last, to be told where nothing has changed since.
 * @param signal ends it; it also ends by itself once it takes too long.
 * @returns undefined where nothing has changed.
 * @throws ApiError 400 where the answer is not a whole feed; the reason of the signal.
 */
export async function downloadFeed(
  outbound: Outbound,
  feed: Feed,
  folder: string,
  known: Validators,
  signal: AbortSignal,
): Promise<Download | undefined> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(feed.timeoutMs)]);
  try {
    return await download(outbound, feed, folder, known, within);
  } catch (error) {
    if (error instanceof ApiError && !within.aborted) throw error;
    signal.throwIfAborted();
    if (within.aborted) throw invalid(`it takes longer than ${feed.timeoutMs / 1000} s`);
    throw error;
  }
}

async function download(
  outbound: Outbound,
  { url, read, redirectHosts, maxBytes }: Feed,
  folder: string,
  { etag, lastModified }: Validators,
  signal: AbortSignal,
): Promise<Download | undefined> {
  const headers = {
    'user-agent': 'trimtab',
    accept:
      'text/csv, text/tab-separated-values, application/x-ndjson, application/json, */*;q=0.5',
    'accept-encoding': 'gzip',
    ...(etag !== null && { 'if-none-match': etag }),
    ...(lastModified !== null && { 'if-modified-since': lastModified }),
  };
  const answer = await requestFeed(outbound, new URL(url), headers, redirectHosts, signal);
  try {
    const isConditional = etag !== null || lastModified !== null;
    if (answer.statusCode === 304 && isConditional) return undefined;
    if (answer.statusCode !== 200) throw invalid(`its server answers ${answer.statusCode}`);
    const format = read.format ?? formatOf(new URL(url), answer);
    const file = join(folder, `feed.${format}`);
    const plain = await plainBytes(answer, maxBytes);
    await pipeline(Readable.from(plain), createWriteStream(file, { flags: 'wx' }));
    return {
      file,
      format,
      etag: answer.headers.etag ?? null,
      lastModified: answer.headers['last-modified'] ?? null,
    };
  } finally {
    answer.destroy();
  }
}

function formatOf({ pathname }: URL, { headers }: IncomingMessage): string {
  const type = headers['content-type']?.split(';')[0].trim().toLowerCase() ?? '';
  if (type === 'text/html' || type === 'application/xhtml+xml')
    throw invalid(`its server answers with a page (${type}), and not with a feed`);
  const ending = /\.(csv|tsv|jsonl|ndjson|json)(?:\.gz)?$/i.exec(pathname)?.[1].toLowerCase();
  const format = ending ?? FORMAT_OF_TYPE[type];
  if (format !== undefined) return format;
  throw invalid(
    `neither its address nor its content type (${type || 'none'}) says what it is: set read.format of the feed to csv, tsv, jsonl or json`,
  );
}

/** The body without what it was packed by. @throws ApiError 400 while it is read, where it is cut off, damaged or too large. */
async function plainBytes(
  answer: IncomingMessage,
  maxBytes: number,
): Promise<AsyncIterable<Buffer>> {
  const declared = Number(answer.headers['content-length'] ?? 0);
  const tooLarge = () =>
    invalid(
      `it is larger than ${count(maxBytes)} bytes (catalogue.feedLimits.maxMegabytes raises that)`,
    );
  if (declared > maxBytes) throw tooLarge();
  const coding = answer.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const received = atMost(receivedWhole(answer), maxBytes, tooLarge);
  if (coding !== 'identity' && coding !== 'gzip' && coding !== 'x-gzip')
    throw invalid(`it is packed by "${coding}", and asked for was gzip`);
  const decoded = coding === 'identity' ? received : atMost(unpacked(received), maxBytes, tooLarge);
  const [[first, second], plain] = await headOf(
    atMost(await unpackedIfGzip(decoded), maxBytes, tooLarge),
    2,
  );
  // A reader of files would unpack it once more, and to any size.
  if (first === 0x1f && second === 0x8b) throw invalid('it is packed more than once');
  return plain;
}
