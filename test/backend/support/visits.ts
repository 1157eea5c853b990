import type { Decision } from '../../../shared/domain/decision.ts';
import { parseItemId, parseSessionId } from '../../../shared/domain/ids.ts';
import { bucketCount, featureIndex } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { decisionOf } from './decisions.ts';

const { features } = smarttrip;
const DURATION = featureIndex(smarttrip, 'duration');
const HOUR_AGO = Date.now() - 3_600_000;

/** The ranking of the `n`-th visitor of the last hour: what stands in a slot, and in which buckets, is by chance alone. */
export function randomVisit(n: number, slots: number, random: () => number): Decision {
  const itemIds = Array.from({ length: slots }, (_, slot) => parseItemId(`item-${slot}`));
  return decisionOf(`visit-${n}`, {
    at: HOUR_AGO + n,
    sessionId: parseSessionId(`session-${n}`),
    itemIds,
    units: itemIds.map(() => 0),
    propensities: itemIds.map(() => 0.5),
    snapshot: '',
    codes: Uint8Array.from(
      { length: slots * features.length },
      (_, i) => 1 + Math.floor(random() * (bucketCount(features[i % features.length]) - 1)),
    ),
  });
}

/** The slots of a ranking, that of the best fitting duration first. */
export const slotsByDuration = ({ itemIds, codes }: Decision): number[] => {
  const duration = (slot: number) => codes[slot * features.length + DURATION];
  return [...itemIds.keys()].toSorted((a, b) => duration(a) - duration(b));
};
