import { interleave, type Team } from '../../../shared/explore/interleave.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { Visit } from '../../../shared/domain/rank-request.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { addClickCounts, expectedClicks, noCounts, type ClickCounts } from './click-model.ts';
import { drawnFrom, pickFrom, poolOf, SLOTS, type Pool } from './pool.ts';
import type { World } from './world.ts';

/** Visits of no log, and how many slates are drawn for each. */
const VISITS = 400;
const DRAWS = 2;
/** Interleaved slates of both scorers for each of them: whose items stand where is more by chance. */
const DRAFTS = 8;
const BANK_SEED = 7;

/** What a scorer shows the people of a bank. */
export interface Shelf {
  readonly scorer: Scorer;
  readonly pools: readonly Pool[];
  /** How likely anything is clicked on each visit's slates. */
  readonly clicked: Float64Array;
  /** Mean clicks on each visit's slates. */
  readonly clicks: Float64Array;
  /** Probability of each number of clicks in one ranking (all of team 0). */
  readonly counts: ClickCounts;
}

/**
 * The people who decide about challengers: fresh visits, for each of which the slates of every scorer are drawn beforehand
 * with the same random numbers, and whose click probabilities are exact. A session draws one of these slates, so that the
 * numbers of clicks of n sessions are multinomial with the mean probabilities of the bank: 100,000 sessions are a few draws.
 */
export interface SlateBank {
  readonly world: World;
  readonly visits: readonly Visit[];
  /** Of a part of a bank: how many visits come before it, as each draws by its own number. */
  readonly from?: number;
}

export const drawBank = (world: World): SlateBank => ({
  world,
  visits: world.visits(VISITS, BANK_SEED),
});

export function shelve({ world, visits, from = 0 }: SlateBank, scorer: Scorer): Shelf {
  const pools = visits.map((visit) => poolOf(scorer, world.table, visit, world.nowMs));
  const counts = noCounts(SLOTS);
  const clicks = new Float64Array(pools.length);
  const clicked = Float64Array.from(pools, (pool, v) => {
    const own = noCounts(SLOTS);
    for (let draw = 0; draw < DRAWS; draw++) {
      const appeal = world.appeal(drawnFrom(pool, scorer, (from + v) * DRAWS + draw));
      clicks[v] += expectedClicks(world.model, appeal) / DRAWS;
      addClickCounts(own, world.model, appeal, undefined, 1 / DRAWS);
    }
    own.p.forEach((mass, at) => (counts.p[at] += mass / visits.length));
    return 1 - own.p[0];
  });
  return { scorer, pools, clicked, clicks, counts };
}

export interface TrueGain {
  /**
   * Relative, as served, in click-through: the metric that decides unless an operator says otherwise (`decides`), and so the one
   * that the promises are about.
   */
  readonly gain: number;
  /** Of the bank as a sample of all people that could come. */
  readonly standardError: number;
  /** In clicks per ranking, which is another gain where several items of a slate are clicked. */
  readonly gainInClicks: number;
}

export function trueGain(champion: Shelf, challenger: Shelf): TrueGain {
  const n = champion.clicked.length;
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / n;
  const base = mean(champion.clicked);
  const ratio = mean(challenger.clicked) / base;
  // By the delta method, as each visit is seen by both.
  const spread = mean(
    challenger.clicked.map((clicked, v) => (clicked - ratio * champion.clicked[v]) ** 2),
  );
  return {
    gain: ratio - 1,
    standardError: Math.sqrt(spread / n) / base,
    gainInClicks: mean(challenger.clicks) / mean(champion.clicks) - 1,
  };
}

/**
 * Clicks on the champion's (team 0) and the challenger's items (team 1) in one interleaved session. As at the edge, each
 * drafts as it serves, and no click counts where both would have picked the same.
 */
export function interleavedCounts(
  { world }: SlateBank,
  champion: Shelf,
  challenger: Shelf,
): ClickCounts {
  const counts = noCounts(SLOTS);
  const weight = 1 / (champion.pools.length * DRAFTS);
  champion.pools.forEach((own, v) => {
    const pools = [own, challenger.pools[v]] as const;
    const teams = [teamOf(champion, own), teamOf(challenger, pools[1])] as const;
    for (let draft = 0; draft < DRAFTS; draft++) {
      const slots = interleave(teams, SLOTS, seededRandom(v * DRAFTS + draft + 1));
      if (!slots.some(({ differs }) => differs)) {
        counts.p[0] += weight;
        continue;
      }
      const liked = slots.map(({ item, team }) => {
        const pool = pools[team === 1 ? 1 : 0];
        const one = pickFrom(pool, [pool.ids.indexOf(item)], [1]);
        return world.appeal(one).liked[0];
      });
      addClickCounts(
        counts,
        world.model,
        { liked, byChance: world.clicks / liked.length },
        slots.map(({ team }) => team),
        weight,
      );
    }
  });
  return counts;
}

const teamOf = ({ scorer: { exploration } }: Shelf, { ids, points }: Pool): Team<ItemId> => ({
  items: ids,
  points,
  exploration,
});
