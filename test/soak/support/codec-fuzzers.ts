import { keyHash, parseKeyList } from '../../../shared/domain/access-key.ts';
import { fromBase64Url, toBase64Url } from '../../../shared/domain/base64url.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import { parseEvent } from '../../../shared/domain/event.ts';
import { parseFilter } from '../../../shared/domain/filter.ts';
import { signBody, verifyBody } from '../../../shared/domain/ingest-signature.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { parsePointer, parseSnapshotPointer } from '../../../shared/domain/pointer.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { verifyToken } from '../../../shared/domain/token.ts';
import { FormatError } from '../../../shared/format/bytes.ts';
import { decisionsFromBytes, decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import { HEAD_BYTES, sealFrame } from '../../../shared/format/frame.ts';
import { ingestBatchFromBytes, ingestBatchToBytes } from '../../../shared/format/ingest-bytes.ts';
import { learnedFromBytes, learnedToBytes } from '../../../shared/format/learned-bytes.ts';
import { patchFromBytes, patchToBytes } from '../../../shared/format/patch-bytes.ts';
import {
  relatedIndexFromBytes,
  relatedIndexToBytes,
  RelatedShard,
  relatedShardToBytes,
} from '../../../shared/format/related-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { storedBatchFromBytes, storedBatchToBytes } from '../../../shared/format/stored-batch.ts';
import * as golden from '../../golden/artifacts.ts';

/** Something that reads what came from elsewhere. */
export interface CodecFuzzer {
  /** Files of shared/ that it goes through. */
  readonly files: readonly string[];
  readonly seeds: readonly Uint8Array[];
  /** Binary formats, whose checksum is made to fit again after a change: else nothing behind it would be reached. */
  readonly isFramed: boolean;
  /** @returns the same written again, where there is a way to; throws FormatError or ApiError for what is refused. */
  readonly readAndWrite: (bytes: Uint8Array) => Uint8Array | undefined;
}

const utf8 = new TextEncoder();
const json = (value: unknown) => utf8.encode(JSON.stringify(value));
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const framed = <T>(
  files: readonly string[],
  seeds: readonly Uint8Array[],
  read: (bytes: Uint8Array) => T,
  write: (value: T) => Uint8Array,
): CodecFuzzer => ({
  files: ['format/frame.ts', 'format/bytes.ts', ...files],
  seeds,
  isFramed: true,
  readAndWrite: (bytes) => write(read(bytes)),
});

/** Of JSON, which is refused as such before it gets here. */
const ofJson = (file: string, seeds: readonly unknown[], read: (value: unknown) => unknown) => ({
  files: [file],
  seeds: seeds.map(json),
  isFramed: false,
  readAndWrite(bytes: Uint8Array) {
    let value: unknown;
    try {
      value = JSON.parse(textOf(bytes));
    } catch {
      return undefined;
    }
    const found = read(value);
    return found === undefined ? undefined : json(found);
  },
});

const SECRET = 'a secret of the fuzzers';
const token = 'WyJyIiwiQUFBQSIsMCwidjAwMDAwMSIsInMiLDEsMCwwXQ.AAAA';

const storedBatch = (batch: Uint8Array, identity: string) =>
  storedBatchToBytes(golden.storedAt.key, batch, identity, golden.storedAt.secret);

export const CODEC_FUZZERS: Readonly<Record<string, CodecFuzzer>> = {
  scorers: framed(
    ['format/scorer-bytes.ts', 'format/network-bytes.ts', 'format/trees-bytes.ts'],
    [golden.scorer, golden.withPosterior, golden.withCrosses, golden.forest, golden.mlp].map(
      scorerToBytes,
    ),
    scorerFromBytes,
    scorerToBytes,
  ),
  snapshots: framed(
    ['format/snapshot-bytes.ts', 'format/aligned.ts'],
    [snapshotToBytes(golden.snapshot.schema, golden.snapshot.table)],
    snapshotFromBytes,
    ({ table }) => snapshotToBytes(golden.snapshot.schema, table),
  ),
  patches: framed(
    ['format/patch-bytes.ts', 'format/patched.ts'],
    [patchToBytes(golden.snapshot.schema, golden.patch)],
    patchFromBytes,
    (patch) => patchToBytes(golden.snapshot.schema, patch),
  ),
  decisions: framed(
    ['format/decision-bytes.ts', 'format/slate-codes.ts'],
    [
      golden.decisions,
      golden.experimentDecisions,
      golden.raisedDecisions,
      golden.learnedDecisions,
      golden.apprenticeDecisions,
      golden.filteredDecisions,
      golden.ruledDecisions,
      golden.relatedDecisions,
    ].map(decisionsToBytes),
    decisionsFromBytes,
    decisionsToBytes,
  ),
  'ingest batches': framed(
    ['format/ingest-bytes.ts', 'format/erasure.ts'],
    [ingestBatchToBytes(golden.batch), ingestBatchToBytes(golden.revisedBatch)],
    ingestBatchFromBytes,
    ingestBatchToBytes,
  ),
  'learned columns': framed(
    ['format/learned-bytes.ts'],
    [learnedToBytes(golden.learned)],
    learnedFromBytes,
    learnedToBytes,
  ),
  'indexes of related items': framed(
    ['format/related-bytes.ts'],
    [relatedIndexToBytes(golden.relatedIndex)],
    relatedIndexFromBytes,
    relatedIndexToBytes,
  ),
  'shards of related items': framed(
    ['format/related-bytes.ts'],
    [relatedShardToBytes(golden.relatedShard)],
    (bytes) => new RelatedShard(bytes).entries(),
    relatedShardToBytes,
  ),
  'stored batches': framed(
    ['format/stored-batch.ts'],
    [storedBatch(ingestBatchToBytes(golden.placedBatch), golden.storedAt.identity)],
    (bytes) => storedBatchFromBytes(golden.storedAt.key, bytes, [golden.storedAt.secret]),
    ({ batch, identity }) => storedBatch(batch, identity),
  ),
  base64url: {
    files: ['domain/base64url.ts'],
    seeds: [utf8.encode('AQIDBAUG'), utf8.encode('_-8')],
    isFramed: false,
    readAndWrite(bytes) {
      // Whatever the bytes are, they come back.
      const back = fromBase64Url(toBase64Url(bytes));
      if (Buffer.compare(Buffer.from(back), Buffer.from(bytes)) !== 0)
        throw new Error('base64url did not give the bytes back');
      return undefined;
    },
  },
  tokens: {
    files: ['domain/token.ts', 'domain/token-visitor.ts', 'domain/token-keys.ts'],
    seeds: [utf8.encode(`${token}.${'A'.repeat(43)}`), utf8.encode('a.b.c')],
    isFramed: false,
    readAndWrite(bytes) {
      verifyToken(textOf(bytes), [SECRET], 0);
      throw new Error('a token that nobody signed was accepted');
    },
  },
  signatures: {
    files: ['domain/ingest-signature.ts'],
    seeds: [utf8.encode(signBody(utf8.encode('x'), 'another secret', 1)), utf8.encode('t=1,v1=')],
    isFramed: false,
    readAndWrite(bytes) {
      verifyBody(textOf(bytes), bytes, [SECRET], 1);
      throw new Error('a body that nobody signed was accepted');
    },
  },
  'key lists': ofJson(
    'domain/access-key.ts',
    [
      {
        revision: 7,
        keys: [{ hash: keyHash('k'), scopes: ['rank'], origins: ['https://a.example'] }],
      },
    ],
    (value) => parseKeyList(JSON.stringify(value)),
  ),
  pointers: ofJson(
    'domain/pointer.ts',
    [{ champion: 'v000001', hold: true, revision: 3, arms: { 'e:a': 'v000002' } }],
    (value) => parsePointer(JSON.stringify(value)),
  ),
  'snapshot pointers': ofJson(
    'domain/pointer.ts',
    [
      { hash: 'a'.repeat(32), parts: 1, sizeBytes: 10, at: 5 },
      {
        hash: 'a'.repeat(32),
        parts: 1,
        sizeBytes: 10,
        at: 5,
        patches: [{ hash: 'b'.repeat(32), sizeBytes: 3, to: 'c'.repeat(32) }],
      },
    ],
    (value) => parseSnapshotPointer(JSON.stringify(value)),
  ),
  'rank requests': ofJson(
    'domain/rank-request.ts',
    [
      {
        sessionId: 's',
        consent: 'personalise',
        preferences: { themes: ['food'], budget: 5 },
        context: { device: 'mobile' },
        recent: [{ itemId: 'a', type: 'click', ageMs: 5 }],
        candidates: ['a', { id: 'b', price: 5 }],
        exclude: ['c'],
        limit: 3,
      },
    ],
    (value) => parseRankRequest(value, 'measure', 5),
  ),
  filters: ofJson(
    'domain/filter.ts',
    [{ all: [{ column: 'a', in: ['b', 1] }, { not: { column: 'p', from: 1, to: 5 } }] }],
    parseFilter,
  ),
  events: ofJson(
    'domain/event.ts',
    [
      { type: 'click', eventId: 'e', rankingId: 'r', itemId: 'a', timestamp: 1e12, token: 't' },
      {
        type: 'survey',
        eventId: 'e',
        rankingId: 'r',
        value: 1,
        properties: { a: 'b' },
        token: 't',
      },
    ],
    parseEvent,
  ),
  items: ofJson(
    'domain/item.ts',
    [{ id: 'a', themes: ['x'], price: 5, at: '2027-01-01' }],
    parseItem,
  ),
};

/** One changed input: bytes flipped, cut off, repeated, added or made up. */
export function changed(
  { seeds, isFramed }: CodecFuzzer,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const below = (n: number) => Math.floor(random() * n);
  const whole = seeds[below(seeds.length)];
  // Now and then what is broken is the frame itself.
  if (!isFramed || below(20) === 0) return mutated(whole, random);
  const payload = mutated(whole.subarray(HEAD_BYTES, whole.length - 8), random);
  const magic = String.fromCharCode(...whole.subarray(0, 4));
  const format = below(10) === 0 ? 1 + below(8) : whole[4] | (whole[5] << 8);
  const schema = Buffer.from(whole.subarray(6, HEAD_BYTES)).toString('hex');
  return sealFrame(magic, format, schema, payload);
}

function mutated(bytes: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  const below = (n: number) => Math.floor(random() * n);
  const at = below(bytes.length + 1);
  switch (below(6)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return Uint8Array.from({ length: below(200) }, () => below(256));
    case 2: {
      const from = below(bytes.length);
      const part = bytes.subarray(from, from + below(64));
      return new Uint8Array([...bytes.subarray(0, at), ...part, ...bytes.subarray(at)]);
    }
    case 3:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + below(16))]);
    default: {
      const changes = bytes.slice();
      const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x7b, 0x2d];
      for (let left = 1 + below(6); left > 0 && changes.length > 0; left--)
        changes[below(changes.length)] =
          below(2) === 0 ? below(256) : interesting[below(interesting.length)];
      return changes;
    }
  }
}

/** @returns what was wrong: an error that is none of a refusal, or a value that is written differently the second time. */
export function faultIn(fuzzer: CodecFuzzer, bytes: Uint8Array): string | undefined {
  try {
    const once = fuzzer.readAndWrite(bytes);
    if (once === undefined) return undefined;
    const twice = fuzzer.readAndWrite(once);
    return twice !== undefined && Buffer.compare(Buffer.from(once), Buffer.from(twice)) === 0
      ? undefined
      : 'what was read is not what is written';
  } catch (error) {
    if (error instanceof FormatError || error instanceof ApiError) return undefined;
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
