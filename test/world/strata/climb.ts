import { seededRandom } from '../../../shared/explore/random.ts';
import { codesOf } from '../../../shared/features/encode.ts';
import { poolOf } from '../../../shared/score/pool.ts';
import type { AdditiveScorer, Scorer } from '../../../shared/score/scorer.ts';
import { LearningSite, type LearningSetup } from '../learning-site.ts';
import { loggedSlate } from './champion-log.ts';
import { drawClicks, expectedClicks } from './click-model.ts';
import { drawnFrom, poolOf as bestOf, served, SLOTS } from './pool.ts';
import { RULES, type World } from './world.ts';

export interface ClimbOptions {
  readonly rankings: number;
  /** After so many rankings each it is looked at what the site has learned. */
  readonly every: number;
}

/** Clicks are counted as a share of the way from what the rules earn to what the oracle does. */
export interface Climb {
  /** What the served weights would earn of people of no log, without exploring, look by look. */
  readonly shares: readonly number[];
  /** What all rankings earned, all costs of exploring included. */
  readonly earned: number;
}

/** People of no log, by whom a scorer's worth is known. */
const FRESH = 200;
const FRESH_SEED = 7;
const PEOPLE_SEED = 1000;

/** How a site climbs from its rules: two setups of one world meet the same people, who click by the same chance numbers. */
export async function climbIn(
  world: World,
  rules: AdditiveScorer,
  setup: LearningSetup,
  { rankings, every }: ClimbOptions,
): Promise<Climb> {
  const fresh = world.visits(FRESH, FRESH_SEED);
  const low = worthOf(world, rules, fresh);
  const way = oracleWorth(world, fresh) - low;
  const site = new LearningSite(rules, setup);
  const shares: number[] = [];
  let clicks = 0;
  for (const [i, visit] of world.visits(rankings, PEOPLE_SEED).entries()) {
    const drawn = served(site.served, world.table, visit, world.seed + i);
    const appeal = world.appeal(drawn);
    clicks += expectedClicks(world.model, appeal);
    const own = drawClicks(world.model, appeal, seededRandom(world.seed * 31 + i));
    await site.learn(loggedSlate(site.served, drawn, `${i}`, i, own));
    if ((i + 1) % every === 0) shares.push((worthOf(world, site.served, fresh) - low) / way);
  }
  return { shares, earned: (clicks / rankings - low) / way };
}

/** After how many rankings a climb had gone so much of the way, and did not fall back below it; undefined where it never did. */
export function rankingsTo(share: number, { shares }: Climb, every: number): number | undefined {
  const last = shares.findLastIndex((own) => own < share);
  return last === shares.length - 1 ? undefined : (last + 2) * every;
}

/** Clicks per ranking where a scorer does not explore. */
function worthOf(world: World, scorer: Scorer, visits: ReturnType<World['visits']>): number {
  const still = { ...scorer, exploration: { temperature: 0, epsilon: 0, poolSize: SLOTS } };
  const sum = visits.reduce((clicks, visit) => {
    const drawn = drawnFrom(bestOf(still, world.table, visit, world.nowMs), still, 0);
    return clicks + expectedClicks(world.model, world.appeal(drawn));
  }, 0);
  return sum / visits.length;
}

/** Where each shows what its visitor likes best, top slot first. */
function oracleWorth(world: World, visits: ReturnType<World['visits']>): number {
  const { table, nowMs } = world;
  const exploration = { temperature: 0, epsilon: 0, poolSize: table.table.ids.length };
  const sum = visits.reduce((clicks, visit) => {
    const options = { limit: exploration.poolSize, nowMs, seed: 0, exploration };
    const { encoded, best } = poolOf(RULES, table, visit, options);
    const rows = best.map(({ row }) => row);
    const { liked } = world.appeal({ codes: codesOf(encoded, rows), slots: rows.length });
    const top = [...rows.keys()].toSorted((a, b) => liked[b] - liked[a]).slice(0, SLOTS);
    const codes = codesOf(
      encoded,
      top.map((at) => rows[at]),
    );
    return clicks + expectedClicks(world.model, world.appeal({ codes, slots: top.length }));
  }, 0);
  return sum / visits.length;
}
