import type { Decision } from '../../../shared/domain/decision.ts';
import {
  parseEventId,
  parseItemId,
  parseRankingId,
  parseSessionId,
  RULES_VERSION,
} from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../../shared/format/ingest-bytes.ts';

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
