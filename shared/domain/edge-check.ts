import { hmacSha256 } from '../hash/hmac.ts';
import { toBase64Url } from './base64url.ts';

/** What an edge says of itself to who operates it (`GET /v1/check?nonce=…`, secret key). */
export interface EdgeCheck {
  readonly release: string;
  /** Its clock, epoch ms. */
  readonly nowMs: number;
  /** Proofs of its ingest secrets, and fingerprints of the keys of ids; the newest first. */
  readonly secrets: { readonly ingest: readonly string[]; readonly identity: readonly string[] };
  /** Where sealed batches go: to the backend, or into a bucket; absent in edges from before they could go there. */
  readonly logPath?: 'backend' | 'store';
  /** Of each shard what waits to be sent to the backend, or why it did not answer. */
  readonly eventLog: readonly ({ readonly shard: number } & (ShardWaiting | Problem))[];
  /** What the LiveWeights object of the cell that was asked has adopted. */
  readonly liveWeights: { readonly cell: string; readonly adopted: boolean } & Partial<Problem>;
}

export interface ShardWaiting {
  /** Rows of decisions and events, and their bytes: of more than 64 rows estimated from 64 of them. */
  readonly entries: number;
  readonly sizeBytes: number;
  /** How often the batch that failed most was sent in vain. */
  readonly attempts: number;
}

interface Problem {
  readonly problem: string;
}

/**
 * Shows that one knows a secret without showing it: HMAC-SHA-256 of a nonce, its first 16 bytes. The purpose is part of it, so that
 * it is a signature of nothing else.
 */
export const proofOf = (secret: string, nonce: string): string =>
  toBase64Url(hmacSha256(secret, `trimtab check\0${nonce}`).subarray(0, 16));
