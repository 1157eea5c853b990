import { SIGNATURE_HEADER, signBody } from '../../../shared/domain/ingest-signature.ts';
import { ingestBatchToBytes } from '../../../shared/format/ingest-bytes.ts';
import type { Ask } from '../../support/http.ts';
import type { Problem } from './problem.ts';
import { TEN_MB } from './requests.ts';

const SIX_MINUTES_MS = 6 * 60_000;
const bytes = ingestBatchToBytes({ batchId: 'captured-1-2', decisions: [], events: [] });
const refused = (message: RegExp): Problem => ({ status: 401, code: 'invalid_signature', message });
const damaged = (message: RegExp): Problem => ({ status: 400, code: 'invalid_format', message });

const BYTES = { 'content-type': 'application/octet-stream' };

export const signedBatch = (secret: string, body = bytes, atMs = Date.now()): Ask => ({
  body,
  headers: {
    ...BYTES,
    [SIGNATURE_HEADER]: signBody(body, secret, atMs),
  },
});

/** What is wrong with the batch, the request by the true secret, and the answer that it must get. */
export const BAD_BATCHES: readonly (readonly [string, (secret: string) => Ask, Problem])[] = [
  ['no signature', () => ({ body: bytes, headers: BYTES }), refused(/absent or malformed/)],
  [
    'a signature that is none',
    () => ({ body: bytes, headers: { ...BYTES, [SIGNATURE_HEADER]: 'v1=abc' } }),
    refused(/absent or malformed/),
  ],
  ['the signature of another secret', () => signedBatch('guess'), refused(/check the secret/)],
  [
    'the signature of other bytes',
    (secret) => ({ ...signedBatch(secret), body: bytes.slice(1) }),
    refused(/does not fit the body/),
  ],
  [
    'a signature captured six minutes ago',
    (secret) => signedBatch(secret, bytes, Date.now() - SIX_MINUTES_MS),
    refused(/check both clocks/),
  ],
  [
    'a signature from the future',
    (secret) => signedBatch(secret, bytes, Date.now() + SIX_MINUTES_MS),
    refused(/check both clocks/),
  ],
  [
    'a true signature of garbage',
    (secret) => signedBatch(secret, new Uint8Array(100)),
    damaged(/expected TTIB/),
  ],
  [
    'a true signature of a batch cut short',
    (secret) => signedBatch(secret, bytes.slice(0, -9)),
    damaged(/damaged|cut short|too few/),
  ],
  [
    '10 MB',
    (secret) => signedBatch(secret, new TextEncoder().encode(TEN_MB)),
    { status: 413, code: 'too_large', message: /in parts/ },
  ],
];
