import { equalInConstantTime } from '../domain/token.ts';
import { ApiError } from '../domain/errors.ts';
import { dayOf } from '../domain/utc-day.ts';
import { bytesToHex } from '../hash/hex.ts';
import { hmacSha256 } from '../hash/hmac.ts';
import { sha256 } from '../hash/sha256.ts';
import { ByteWriter, FormatError } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';

/** All that is below it is batches: `log/v1/day=2026-11-30/shard=<object>/<first>-<sealed>-<hash>`. */
export const BATCHES_PREFIX = 'log/v1/';

/** What the key of a stored batch says. */
export interface StoredBatchKey {
  /** UTC, by when it was sealed. */
  readonly day: string;
  /** The EventLog object that sealed it, since it was last made; its batch ids begin so. */
  readonly shard: string;
  /** Number of its first entry, so that keys of a shard are in the order of its log. */
  readonly first: number;
  /** Epoch ms, by the edge's clock. */
  readonly sealedAt: number;
  /** The first 16 hex digits of its SHA-256. */
  readonly hash: string;
}

const MAGIC = 'TTSB';
const NEWEST_FORMAT = 1;
const HASH_DIGITS = 16;
const FIRST_DIGITS = 12;
const SEALED_DIGITS = 13;
const KEY =
  /^log\/v1\/day=(\d{4}-\d\d-\d\d)\/shard=([0-9a-z.]{1,64})\/(\d{12})-(\d{13})-([0-9a-f]{16})$/;
const BATCH_ID = /^([0-9a-z.]{1,64})-(\d{1,12})-(\d{1,16})$/;

/** @returns 64 hex digits. */
export const batchHash = (batch: Uint8Array): string => bytesToHex(sha256(batch));

/**
 * Where a batch is stored: the same place whenever it is put again.
 * @param sealedAt epoch ms; the same for all attempts. @param hash `batchHash` of its bytes.
 */
export function storedBatchKey(batchId: string, sealedAt: number, hash: string): string {
  const match = BATCH_ID.exec(batchId);
  if (match === null) throw new Error(`batch id ${batchId} names no entries of a shard`);
  const first = match[2].padStart(FIRST_DIGITS, '0');
  const sealed = String(sealedAt).padStart(SEALED_DIGITS, '0');
  const name = `${first}-${sealed}-${hash.slice(0, HASH_DIGITS)}`;
  return `${BATCHES_PREFIX}day=${dayOf(sealedAt)}/shard=${match[1]}/${name}`;
}

/** @returns undefined where it is the key of something else. */
export function parseStoredBatchKey(key: string): StoredBatchKey | undefined {
  const match = KEY.exec(key);
  if (match === null) return undefined;
  const [, day, shard, first, sealed, hash] = match;
  return { day, shard, first: Number(first), sealedAt: Number(sealed), hash };
}

/**
 * Frame `TTSB`: who keyed its ids, the signature (64 hex digits), and the batch as it would be sent to the backend. The signature is
 * over the key as well, so that nobody who may write the bucket can bring a batch in again under another one.
 * @param identity fingerprint of the key of its ids.
 */
export function storedBatchToBytes(
  key: string,
  batch: Uint8Array,
  identity: string,
  secret: string,
): Uint8Array<ArrayBuffer> {
  const signature = signatureOf(key, identity, batch, secret);
  const payload = new ByteWriter(batch.length + 256).text(identity).text(signature).block(batch);
  return sealFrame(MAGIC, NEWEST_FORMAT, undefined, payload.written());
}

/**
 * @param secrets any of them may have signed it.
 * @returns the batch's bytes, of which nothing is checked but who sent them under this key.
 * @throws FormatError where it is damaged, ApiError 401 where it is not signed by an edge of ours, or for another key.
 */
export function storedBatchFromBytes(
  key: string,
  bytes: Uint8Array,
  secrets: readonly string[],
): { readonly batch: Uint8Array; readonly identity: string } {
  const named = parseStoredBatchKey(key);
  if (named === undefined) throw new FormatError(`${key} is not the key of a batch`);
  // Its checksum is not looked at: the signature is over all that counts.
  const { payload } = openFrame(MAGIC, NEWEST_FORMAT, bytes, true);
  const identity = payload.text();
  const signature = payload.text();
  const batch = payload.block();
  payload.end();
  const isSigned = secrets.some((secret) =>
    equalInConstantTime(signature, signatureOf(key, identity, batch, secret)),
  );
  if (!isSigned)
    throw new ApiError(
      401,
      'invalid_signature',
      `${key} is damaged or not signed by an edge that has the ingest secret`,
    );
  return { batch, identity };
}

/** A signature of a batch that is sent begins with a number, so that neither counts as the other. */
const signatureOf = (key: string, identity: string, batch: Uint8Array, secret: string): string =>
  bytesToHex(hmacSha256(secret, `${key}\n${identity}\n`, batch));
