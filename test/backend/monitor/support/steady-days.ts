import type { Decision } from '../../../../shared/domain/decision.ts';
import type { ItemId } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { featureIndex } from '../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { wishOf, type WishPlan } from './steady-world.ts';
import { DAY, FEATURES, happened, NOON, rankingOf } from '../../log/support/log.ts';

export interface DayPlan {
  readonly rankings: number;
  readonly clickRate: number;
  readonly bookingRate: number;
  /** Added to the bucket of the difficulty: what a champion chose to show. */
  readonly shown?: number;
  /** How the wishes differ. */
  readonly wishes?: WishPlan;
  /** Shown in turn; default: the same three in every ranking. */
  readonly items?: readonly ItemId[];
  readonly changes?: Partial<Decision>;
}

const DIFFICULTY = featureIndex(smarttrip, 'difficulty');
const MORNING = NOON - DAY / 2;

/** First millisecond of a day of the simulation. */
export const startOf = (day: number): number => MORNING + day * DAY;

/** One day of visitors who are as on every other, unless planned otherwise. */
export function simulateDay(day: number, plan: DayPlan, seed = day + 1) {
  const random = seededRandom(seed);
  const wishes = seededRandom(seed + 1_000_000);
  const below = (n: number) => Math.floor(random() * n);
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  for (let n = 0; n < plan.rankings; n++) {
    const at = startOf(day) + below(DAY - 1);
    const codes = Uint8Array.from({ length: 3 * FEATURES }, () => 1 + below(6));
    for (let slot = 0; slot < 3; slot++) codes[slot * FEATURES + DIFFICULTY] += plan.shown ?? 0;
    const decision = rankingOf(`d${day}-${n}`, at, {
      codes,
      request: JSON.stringify({ preferences: wishOf(wishes, plan.wishes) }),
      seed: below(2 ** 32),
      ...(plan.items && {
        itemIds: [0, 1, 2].map((slot) => plan.items![(3 * n + slot) % plan.items!.length]),
      }),
      ...plan.changes,
    });
    decisions.push(decision);
    if (random() < plan.clickRate) events.push(happened(decision, 'click'));
    if (random() < plan.bookingRate)
      events.push(happened(decision, 'booking', { afterMs: 60_000, value: 100 }));
  }
  return { decisions, events };
}
