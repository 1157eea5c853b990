import type { Decision } from '../../shared/domain/decision.ts';
import { exposuresToText } from '../../shared/domain/experiment.ts';
import {
  parseEventId,
  parseItemId,
  parseRankingId,
  parseSessionId,
  type Version,
} from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import { hashToUnitInterval } from '../../shared/explore/assign.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { resolve } from '../../shared/explore/resolve.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import type { CollectedEvent, IngestBatch } from '../../shared/format/ingest-bytes.ts';

const ITEMS = ['lisbon', 'porto'].map(parseItemId);
const FEATURES = smarttrip.features.length;

export interface Visits {
  /** As it is in KV while they come. */
  readonly pointer: Pointer;
  /** Epoch ms: from ≤ t < to. */
  readonly from: number;
  readonly to: number;
  readonly sessions: number;
  readonly seed: number;
  /** The truth: how likely a session that a version serves clicks. */
  readonly clickRate: (version: Version) => number;
}

/**
 * Sessions of one ranking each, as edges log and ship them: who is shown what is for the pointer to say, and whether
 * they click is for what they are shown.
 */
export function visit({ pointer, from, to, sessions, seed, clickRate }: Visits): IngestBatch {
  const random = seededRandom(seed);
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  for (let i = 0; i < sessions; i++) {
    const at = Math.floor(from + ((i + random()) / sessions) * (to - from));
    const sessionId = parseSessionId(`session-${seed}-${i}`);
    const { version, exposures, interleaved } = resolve(pointer, { sessionId });
    // One list begins with one item and the other with the other: a coin decides whose is first.
    const first = random() < 0.5 ? 0 : 1;
    const arm = exposuresToText(exposures);
    const weights = interleaved?.arms[0].version ?? version;
    const rankingId = parseRankingId(`ranking-${seed}-${i}`);
    const { shadow } = pointer;
    const isShadowed =
      shadow !== undefined &&
      hashToUnitInterval(shadow.version, 'traffic', sessionId) < shadow.share;
    decisions.push({
      rankingId,
      at,
      sessionId,
      ...(arm !== '' && { arm }),
      weights,
      delta: 0,
      schemaHash: smarttrip.hash,
      snapshot: 'ab12',
      degraded: false,
      seed: i,
      exploration: { temperature: 3, epsilon: 0.02, poolSize: 50 },
      limit: ITEMS.length,
      request: '{}',
      itemIds: ITEMS,
      units: ITEMS.map(() => 65_536),
      propensities: ITEMS.map(() => 0.5),
      codes: Uint8Array.from(
        { length: ITEMS.length * FEATURES },
        () => 1 + Math.floor(3 * random()),
      ),
      ...(interleaved && { teams: Uint8Array.of(first, 1 - first) }),
      ...(isShadowed && { shadow: { version: shadow.version, itemIds: ITEMS } }),
    });
    // Of an interleaved slate each version's item is half of what it would have shown alone.
    const slots =
      interleaved === undefined
        ? [clickRate(version)]
        : [first, 1 - first].map((team) => clickRate(interleaved.arms[team].version) / 2);
    slots.forEach((rate, slot) => {
      if (random() >= rate) return;
      events.push({
        eventId: parseEventId(`click-${seed}-${i}-${slot}`),
        type: 'click',
        rankingId,
        itemId: ITEMS[slot],
        position: slot + 1,
        timestamp: at + 5000,
        receivedAt: at + 6000,
        sessionId,
        ...(arm !== '' && { arm }),
        weights,
      });
    });
  }
  return { batchId: `day-${seed}`, decisions, events };
}
