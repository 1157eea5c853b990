import type { Decision } from '../../../shared/domain/decision.ts';
import {
  parseEventId,
  parseItemId,
  parseRankingId,
  parseSessionId,
  parseUserId,
  RULES_VERSION,
} from '../../../shared/domain/ids.ts';
import { SIGNATURE_HEADER, signBody } from '../../../shared/domain/ingest-signature.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import {
  ingestBatchToBytes,
  type CollectedEvent,
  type IngestBatch,
} from '../../../shared/format/ingest-bytes.ts';
import { INGEST_SECRET, type Answer, type TestBackend } from './backend.ts';

const ITEMS = ['lisbon', 'porto', 'faro'].map(parseItemId);

export const decisionOf = (rankingId: string, changes: Partial<Decision> = {}): Decision => ({
  rankingId: parseRankingId(rankingId),
  at: 1_790_000_000_000,
  sessionId: parseSessionId('session-1'),
  weights: RULES_VERSION,
  delta: 0,
  schemaHash: smarttrip.hash,
  snapshot: 'ab12',
  degraded: false,
  seed: 4_000_000_000,
  exploration: { temperature: 3, epsilon: 0.02, poolSize: 50 },
  limit: 3,
  request: '{"preferences":{"themes":["food"]}}',
  itemIds: ITEMS,
  units: [65_536, -3, 0],
  propensities: [0.5, 0.25, 1],
  codes: Uint8Array.from({ length: ITEMS.length * smarttrip.features.length }, (_, i) => i),
  ...changes,
});

export const eventOf = (
  eventId: string,
  rankingId: string,
  changes: Partial<CollectedEvent> = {},
): CollectedEvent => ({
  eventId: parseEventId(eventId),
  type: 'click',
  rankingId: parseRankingId(rankingId),
  itemId: ITEMS[0],
  position: 1,
  timestamp: 1_790_000_001_000,
  receivedAt: 1_790_000_001_100,
  sessionId: parseSessionId('session-1'),
  weights: RULES_VERSION,
  ...changes,
});

/** `size` rankings, each with one click. */
export const batchOf = (batchId: string, size: number, userId?: string): IngestBatch => {
  const user = userId === undefined ? {} : { userId: parseUserId(userId) };
  const names = Array.from({ length: size }, (_, i) => `${batchId}-${i}`);
  return {
    batchId,
    decisions: names.map((name) => decisionOf(name, user)),
    events: names.map((name) => eventOf(`click-${name}`, name, user)),
  };
};

export const signed = (body: Uint8Array, secret = INGEST_SECRET, atMs = Date.now()) => ({
  'content-type': 'application/octet-stream',
  [SIGNATURE_HEADER]: signBody(body, secret, atMs),
});

/** Sends a batch as the edge does: signed, and without a key. */
export function send(backend: TestBackend, batch: IngestBatch): Promise<Answer> {
  const body = ingestBatchToBytes(batch);
  return backend.call('POST', '/v1/ingest', body, { ...signed(body), authorization: '' });
}
