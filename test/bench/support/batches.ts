import { DEFAULT_CONSENT } from '../../../shared/domain/consent.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseItemId, parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import {
  ingestBatchToBytes,
  type CollectedEvent,
  type IngestBatch,
} from '../../../shared/format/ingest-bytes.ts';
import { decisionOf, eventOf } from '../../backend/support/decisions.ts';

export interface SealedBatch {
  readonly batch: IngestBatch;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** About what fits into a batch as the edge seals it (1.5 MB). */
export const DECISIONS_PER_BATCH = 1000;
export const EVENTS_PER_BATCH = 1000;
const SLOTS = 20;
const FEATURES = smarttrip.features.length;
const AT_MS = Date.UTC(2026, 0, 1);

/** Batches as an EventLog object ships them: slates of 20 trips, and clicks on them; a tenth of the visitors have a user id. */
export function makeBatches(name: string, seed: number, count: number): SealedBatch[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const batchId = `${name}-${i}`;
    const made = Array.from({ length: DECISIONS_PER_BATCH }, (__, d) =>
      makeDecision(`${batchId}-${d}`, random),
    );
    const clicks = Array.from({ length: EVENTS_PER_BATCH }, (__, e) =>
      makeClick(`${batchId}-${e}`, made[e % DECISIONS_PER_BATCH], random),
    );
    const batch = { batchId, decisions: made, events: clicks };
    return { batch, bytes: ingestBatchToBytes(batch) };
  });
}

function makeDecision(id: string, random: () => number): Decision {
  const whole = (below: number) => Math.floor(random() * below);
  const first = whole(10_000);
  const slots = Array.from({ length: SLOTS }, (_, slot) => slot);
  const visitor = whole(5000);
  return decisionOf(`ranking-${id}`, {
    at: AT_MS + whole(86_400_000),
    sessionId: parseSessionId(`session-${visitor}`),
    ...(visitor % 10 === 0 && { userId: parseUserId(`user-${visitor}`) }),
    snapshot: '0123456789abcdef0123456789abcdef',
    context: { placement: DEFAULT_PLACEMENT, consent: DEFAULT_CONSENT },
    itemSource: 'catalogue',
    pointerRevision: 17,
    seed: whole(2 ** 32),
    exploration: smarttrip.exploration,
    limit: SLOTS,
    request: JSON.stringify({
      preferences: { themes: ['hiking', 'food'], budget: 50 * whole(80) },
      context: {},
      recent: [],
    }),
    itemIds: slots.map((slot) =>
      parseItemId(`trip-${String((first + slot * 37) % 10_000).padStart(5, '0')}`),
    ),
    units: slots.map(() => whole(2 ** 23)),
    propensities: slots.map(() => random()),
    codes: Uint8Array.from({ length: SLOTS * FEATURES }, () => whole(5)),
  });
}

function makeClick(id: string, decision: Decision, random: () => number): CollectedEvent {
  const slot = Math.floor(random() * SLOTS);
  return eventOf(`event-${id}`, decision.rankingId, {
    itemId: decision.itemIds[slot],
    position: slot + 1,
    timestamp: decision.at + 5000,
    receivedAt: decision.at + 5100,
    sessionId: decision.sessionId,
    ...(decision.userId && { userId: decision.userId }),
    placement: DEFAULT_PLACEMENT,
    pointerRevision: decision.pointerRevision,
  });
}
