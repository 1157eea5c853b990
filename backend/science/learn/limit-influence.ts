import type { Scorer } from '../../../shared/score/scorer.ts';
import { teachAlone } from './outside-option.ts';
import { massUnrewarded, usualChances } from './usual-chances.ts';
import { earnedIn, slateCount, takeSlates, type TrainingSet } from './training-set.ts';

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
  /** Session number of each slate. */
  readonly session: Uint32Array;
  /** User number of each slate; −1 where only the session is known. */
  readonly user: Int32Array;
  /** Item number of each row. */
  readonly item: Uint32Array;
}

type Persons = Pick<Provenance, 'session' | 'user'>;

export interface Limited {
  readonly set: TrainingSet;
  /** Rankings of persons who had more than counts. */
  readonly overPerson: number;
  /** Rewards that were larger than counts. */
  readonly clipped: number;
  /** Further rewards of a person for an item over its limit; as the last two, 0 where items are not limited. */
  readonly repeated: number;
  /** Rewards beyond what an item may rise, and the items over their limit. */
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
 * 2. A reward counts at most `rewardOverMean` times the mean (winsorisation).
 * 3. Where items are limited: an item's offset has the gradient `G⁺ − G⁻` (`listwiseLoss`), where `G⁺ = Σ r (1 − p)`,
 *    `G⁻ = Σ (R − r) p`, r is what a row earned, R what all rows of its slate did, and p is the chance of a row by what its
 *    features say (`usualChances`); of a slate of one, R is the mean where it has no reward. It is over its limit where `G⁺` exceeds
 *    `itemRise · G⁻` or `G⁻ + itemShare · Σ R`. Of such an item a person's further rewards do not count, the others count at
 *    most the mean, and as many of them as keep the limit, evenly spread over time.
 *
 * Mean and chances are those of the first ranking with a reward of each person, and of the first slate of one without,
 * because many rankings of a few would move them, and with them every limit. Leaving rewards out by the item that earned them changes nothing but the items' own
 * constants in a conditional logit (choice-based sampling: Manski & McFadden, 1981), so that what holds for many
 * items, such as that people come back to what they last viewed, is learned in full. For this reason a person's further
 * rewards of an item within its limit count.
 *
 * A ranking that loses all of its rewards is left out: nothing says that its items were not wanted.
 * @param base the scorer to improve on.
 */
export function limitInfluence(
  whole: TrainingSet,
  { session, user, item }: Provenance,
  base: Scorer,
  { rankingsPerPerson, rewardOverMean, itemRise, itemShare }: InfluenceLimits,
): Limited {
  const counted = firstRankings(whole, { session, user }, rankingsPerPerson);
  const set = takeSlates(whole, counted);
  const overPerson = slateCount(whole) - counted.length;
  const persons: Persons = {
    session: Uint32Array.from(counted, (slate) => session[slate]),
    user: Int32Array.from(counted, (slate) => user[slate]),
  };
  const usual = takeSlates(set, usualSlates(set, persons));
  const mean = meanReward(usual.reward);
  const clipped = clipRewards(set.reward, rewardOverMean * mean);
  clipRewards(usual.reward, rewardOverMean * mean);
  if (itemRise === null) {
    return { set, overPerson, clipped, repeated: 0, overItem: 0, itemsOver: 0 };
  }
  const items = itemsOf(whole, counted, item);
  const before = rewardedSlates(set);
  const leftOut = limitItems(set, items, {
    chances: usualChances(set, usual, base),
    further: furtherRewards(set, persons, items),
    mean,
    itemRise,
    itemShare,
  });
  const after = rewardedSlates(set);
  const kept = Array.from(before.keys()).filter((slate) => before[slate] === after[slate]);
  return { set: takeSlates(set, kept), overPerson, clipped, ...leftOut };
}

const rewardedSlates = (set: TrainingSet): Uint8Array =>
  Uint8Array.from({ length: slateCount(set) }, (_, slate) => (earnedIn(set, slate) > 0 ? 1 : 0));

/** Slates that count by the limit per session and per user, ascending. */
function firstRankings(set: TrainingSet, of: Persons, most: number): number[] {
  const seen = new Map<string, number>();
  const kept: number[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const kind = earnedIn(set, slate) > 0 ? 'rewarded' : 'not';
    const persons = personsOf(of, slate).map((person) => `${kind} ${person}`);
    if (persons.some((person) => (seen.get(person) ?? 0) >= most)) continue;
    for (const person of persons) seen.set(person, (seen.get(person) ?? 0) + 1);
    kept.push(slate);
  }
  return kept;
}

/** A session is a person, and so is a user: of both no more may count. */
const personsOf = ({ session, user }: Persons, slate: number): string[] =>
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

/** Of each person the first ranking with a reward, and the first without that teaches; slates ascending. */
function usualSlates(set: TrainingSet, of: Persons): number[] {
  const teaches = teachAlone(set);
  return firstRankings(set, of, 1).filter(
    (slate) => teaches[slate] === 1 || earnedIn(set, slate) > 0,
  );
}

/** 1 for each reward of an item by a person who has given it one as large before, or gives it a larger one later. */
function furtherRewards(set: TrainingSet, of: Persons, item: Uint32Array): Uint8Array {
  const { starts, reward } = set;
  const further = new Uint8Array(set.rows);
  const best = new Map<string, number>();
  for (let slate = 0; slate < slateCount(set); slate++)
    for (let row = starts[slate]; row < starts[slate + 1]; row++) {
      if (reward[row] === 0) continue;
      for (const person of personsOf(of, slate)) {
        const key = `${person} ${item[row]}`;
        const before = best.get(key);
        if (before !== undefined && further[before] === 0 && reward[before] >= reward[row]) {
          further[row] = 1;
          break;
        }
        if (before !== undefined) further[before] = 1;
        best.set(key, row);
      }
    }
  return further;
}

/** 0 where there are none. */
function meanReward(reward: Float64Array): number {
  const earned = reward.filter((value) => value > 0);
  return earned.reduce((sum, value) => sum + value, 0) / Math.max(earned.length, 1);
}

/** @returns how many rewards were larger. */
function clipRewards(reward: Float64Array, most: number): number {
  let clipped = 0;
  for (let row = 0; row < reward.length; row++)
    if (reward[row] > most) {
      reward[row] = most;
      clipped++;
    }
  return clipped;
}

interface ItemLimit {
  /** One per row; so is `further`. */
  readonly chances: Float64Array;
  readonly further: Uint8Array;
  readonly mean: number;
  readonly itemRise: number;
  readonly itemShare: number;
}

function limitItems(
  set: TrainingSet,
  item: Uint32Array,
  { chances, further, mean, itemRise, itemShare }: ItemLimit,
) {
  const { starts, reward } = set;
  const items = item.reduce((most, value) => Math.max(most, value + 1), 0);
  const speaksFor = () => {
    const up = new Float64Array(items);
    for (let row = 0; row < reward.length; row++) up[item[row]] += reward[row] * (1 - chances[row]);
    return up;
  };
  const down = new Float64Array(items);
  let mass = 0;
  const unrewarded = massUnrewarded(set);
  for (let slate = 0; slate < slateCount(set); slate++) {
    const earned = earnedIn(set, slate);
    mass += earned;
    const weight = earned || unrewarded[slate];
    for (let row = starts[slate]; row < starts[slate + 1]; row++)
      down[item[row]] += (weight - reward[row]) * chances[row];
  }
  const supports = reward.reduce((count, value) => count + Number(value > 0), 0);
  const always = supports === 0 ? 0 : (LEAST_SUPPORT * mass) / supports;
  const most = down.map((value) =>
    Math.max(Math.min(itemRise * value, value + itemShare * mass), always),
  );
  const isOver = speaksFor().map((value, i) => Number(value > most[i]));
  let [repeated, overItem] = [0, 0];
  for (let row = 0; row < reward.length; row++) {
    if (reward[row] === 0 || isOver[item[row]] === 0) continue;
    if (further[row] === 1) {
      reward[row] = 0;
      repeated++;
    } else reward[row] = Math.min(reward[row], mean);
  }
  const share = speaksFor().map((value, i) => (isOver[i] === 1 ? Math.min(1, most[i] / value) : 1));
  const owed = new Float64Array(items);
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
  return { repeated, overItem, itemsOver: isOver.reduce((sum, value) => sum + value, 0) };
}
