import type { Scorer } from '../../../shared/score/scorer.ts';
import { firstPassOf } from '../../../shared/score/scorer.ts';
import { warmSlope } from './additive/first-pass.ts';
import { slotOffsets } from './additive/slot-weights.ts';
import { pointsPerRow } from './score-set.ts';
import { slateCount, takeSlates, type TrainingSet } from './training-set.ts';

/** How much a person may add to what is learned, and how far one item may rise by one training. */
export interface InfluenceLimits {
  /** Rankings with a reward that count of one session and of one user, and as many without one. */
  readonly rankingsPerPerson: number;
  /** A reward counts up to so many times the mean of all rewards. */
  readonly rewardOverMean: number;
  /** What speaks for an item counts up to so many times what speaks against it (null: items are not limited), */
  readonly itemRise: number | null;
  /** and exceeds it by at most this share of all rewards. */
  readonly itemShare: number;
}

/** Whom and what the rows of a training set are of. */
export interface Provenance {
  /** User number of each slate; −1 where only the session is known. */
  readonly user: Int32Array;
  /** Item number of each row. */
  readonly item: Uint32Array;
}

export interface Limited {
  readonly set: TrainingSet;
  /** Rankings of persons who had more than counts. */
  readonly overPerson: number;
  /** Further rewards of a person for an item; as the last two, 0 where items are not limited. */
  readonly repeated: number;
  /** Rewards that were larger than counts. */
  readonly clipped: number;
  /** Rewards beyond what an item may rise, and the items that they are of. */
  readonly overItem: number;
  readonly itemsOver: number;
}

/** So many persons may always speak for an item, or nothing could be learned of one that nobody else has seen. */
const LEAST_SUPPORT = 3;
/** Sums of shares leave rounding, by which the last reward would be lost. */
const ROUNDING = 1e-9;

/**
 * The set with what any one person, and what a few of them together, can do to an item bounded. Apart from large
 * rewards, which are lowered, what is too much is left out as a whole (weights of 0 or 1), because pairwise losses and trees do
 * not see by how much a reward was lowered: every learner, on every device, and every statistic of the gate sees ordinary
 * rankings. In this order:
 *
 * 1. Of a session and of a user the first `rankingsPerPerson` rankings with a reward count, and as many without.
 * 2. Where items are limited, a person speaks for an item once, with the largest reward.
 * 3. A reward counts at most `rewardOverMean` times the mean (winsorisation).
 * 4. Where items are limited: an item's offset has the gradient `G⁺ − G⁻` at the base's weights, where
 *    `G⁺ = Σ r (1 − p)` over rows that earned r, `G⁻ = Σ R p` over the other rows (`listwiseLoss`). Of its rewards as many
 *    count as keep `G⁺` within `itemRise · G⁻` and `G⁻ + itemShare · Σ R`, evenly spread over time. Who only ever rewards
 *    an item adds nothing to its `G⁻`, so that an attack hardly raises its own limit.
 *
 * A ranking that loses all of its rewards is left out: nothing says that its items were not wanted.
 * @param base the scorer to improve on, whose probabilities p are, with the effect of the slots.
 */
export function limitInfluence(
  whole: TrainingSet,
  { user, item }: Provenance,
  base: Scorer,
  { rankingsPerPerson, rewardOverMean, itemRise, itemShare }: InfluenceLimits,
): Limited {
  const counted = firstRankings(whole, user, rankingsPerPerson);
  const set = takeSlates(whole, counted);
  const overPerson = slateCount(whole) - counted.length;
  if (itemRise === null) {
    const clipped = clipRewards(set.reward, rewardOverMean);
    return { set, overPerson, clipped, repeated: 0, overItem: 0, itemsOver: 0 };
  }
  const users = Int32Array.from(counted, (slate) => user[slate]);
  const items = itemsOf(whole, counted, item);
  const before = rewardedSlates(set);
  const repeated = leaveOutRepeated(set, users, items);
  const clipped = clipRewards(set.reward, rewardOverMean);
  const { overItem, itemsOver } = limitItems(set, items, base, { itemRise, itemShare });
  const after = rewardedSlates(set);
  const kept = Array.from(before.keys()).filter((slate) => before[slate] === after[slate]);
  return { set: takeSlates(set, kept), overPerson, clipped, repeated, overItem, itemsOver };
}

const earnedIn = ({ starts, reward }: TrainingSet, slate: number): number => {
  let sum = 0;
  for (let row = starts[slate]; row < starts[slate + 1]; row++) sum += reward[row];
  return sum;
};

const rewardedSlates = (set: TrainingSet): Uint8Array =>
  Uint8Array.from({ length: slateCount(set) }, (_, slate) => (earnedIn(set, slate) > 0 ? 1 : 0));

/** Slates that count by the limit per session and per user, ascending. */
function firstRankings(set: TrainingSet, user: Int32Array, most: number): number[] {
  const seen = new Map<string, number>();
  const kept: number[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const kind = earnedIn(set, slate) > 0 ? 'rewarded' : 'not';
    const persons = personsOf(set, user, slate).map((person) => `${kind} ${person}`);
    if (persons.some((person) => (seen.get(person) ?? 0) >= most)) continue;
    for (const person of persons) seen.set(person, (seen.get(person) ?? 0) + 1);
    kept.push(slate);
  }
  return kept;
}

/** A session is a person, and so is a user: of both no more may count. */
const personsOf = ({ session }: TrainingSet, user: Int32Array, slate: number): string[] =>
  user[slate] < 0 ? [`s${session[slate]}`] : [`s${session[slate]}`, `u${user[slate]}`];

/** Item number of each row of some slates. */
function itemsOf({ starts }: TrainingSet, slates: readonly number[], item: Uint32Array) {
  const taken = new Uint32Array(item.length);
  let rows = 0;
  for (const slate of slates) {
    const own = item.subarray(starts[slate], starts[slate + 1]);
    taken.set(own, rows);
    rows += own.length;
  }
  return taken.subarray(0, rows);
}

/** @returns how many rewards were left out. */
function leaveOutRepeated(set: TrainingSet, user: Int32Array, item: Uint32Array): number {
  const { starts, reward } = set;
  const best = new Map<string, number>();
  let repeated = 0;
  for (let slate = 0; slate < slateCount(set); slate++)
    for (let row = starts[slate]; row < starts[slate + 1]; row++) {
      if (reward[row] === 0) continue;
      for (const person of personsOf(set, user, slate)) {
        const key = `${person} ${item[row]}`;
        const before = best.get(key);
        if (before === undefined || reward[before] === 0) {
          best.set(key, row);
          continue;
        }
        repeated++;
        if (reward[before] >= reward[row]) {
          reward[row] = 0;
          break;
        }
        reward[before] = 0;
        best.set(key, row);
      }
    }
  return repeated;
}

/** @returns how many rewards were larger. */
function clipRewards(reward: Float64Array, overMean: number): number {
  const earned = reward.filter((value) => value > 0);
  const most = (overMean * earned.reduce((sum, value) => sum + value, 0)) / earned.length;
  let clipped = 0;
  for (let row = 0; row < reward.length; row++)
    if (reward[row] > most) {
      reward[row] = most;
      clipped++;
    }
  return clipped;
}

function limitItems(
  set: TrainingSet,
  item: Uint32Array,
  base: Scorer,
  { itemRise, itemShare }: { readonly itemRise: number; readonly itemShare: number },
) {
  const { starts, reward } = set;
  const p = probabilities(set, base);
  const items = item.reduce((most, value) => Math.max(most, value + 1), 0);
  const [up, down] = [new Float64Array(items), new Float64Array(items)];
  let [mass, supports] = [0, 0];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const earned = earnedIn(set, slate);
    for (let row = starts[slate]; row < starts[slate + 1]; row++)
      if (reward[row] > 0) {
        up[item[row]] += reward[row] * (1 - p[row]);
        mass += reward[row];
        supports++;
      } else down[item[row]] += earned * p[row];
  }
  const always = supports === 0 ? 0 : (LEAST_SUPPORT * mass) / supports;
  const share = up.map((value, i) =>
    Math.min(1, Math.max(Math.min(itemRise * down[i], down[i] + itemShare * mass), always) / value),
  );
  const owed = new Float64Array(items);
  let overItem = 0;
  for (let row = 0; row < reward.length; row++) {
    const of = share[item[row]];
    if (reward[row] === 0 || !(of < 1)) continue;
    // Systematic sampling: of every 1 / share rewards one counts.
    owed[item[row]] += of;
    if (owed[item[row]] >= 1 - ROUNDING) owed[item[row]]--;
    else {
      reward[row] = 0;
      overItem++;
    }
  }
  return { overItem, itemsOver: share.filter((of) => of < 1).length };
}

/** The chance of each row in its slate by the base's first pass and the effect of the slots. */
function probabilities(set: TrainingSet, base: Scorer): Float64Array {
  const first = firstPassOf(base);
  const slope = warmSlope(base, set);
  const slots = slotOffsets(first, set, slope, set);
  const scores = pointsPerRow(first, set).map((points, row) => points * slope + slots[row]);
  for (let slate = 0; slate < slateCount(set); slate++) {
    const own = scores.subarray(set.starts[slate], set.starts[slate + 1]);
    const best = own.reduce((most, score) => Math.max(most, score), -Infinity);
    const odds = own.map((score) => Math.exp(score - best));
    const total = odds.reduce((sum, value) => sum + value, 0);
    own.set(odds.map((value) => value / total));
  }
  return scores;
}
