import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import type { GateReport } from '../../backend/science/evaluation/gate-report.ts';
import { offPolicyGain } from '../../backend/science/evaluation/off-policy-gain.ts';
import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import { packTrainingSet } from '../../backend/science/learn/training-set.ts';
import { learn } from '../../backend/science/training/train-version.ts';
import { RULES_VERSION, versionOf } from '../../shared/domain/ids.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { tripWishes } from '../world/trip-wishes.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { finalUnits } from '../../shared/score/rerank.ts';
import { additiveFromPoints, toPoints, type Scorer } from '../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../bench/support/trips.ts';
import { median } from '../bench/support/quantile.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { hiddenTaste, show, type HiddenTaste } from '../world/hidden-taste.ts';
import { orders, slateProbability } from '../world/logged-slates.ts';
import { endOf, type SoakForm } from './support/form.ts';

const ITEMS = 300;
/** Trainings of one world, each on all that was logged before it. */
const ROUNDS = 3;
const VISITS_A_ROUND = 1500;
/** Of no log, to know what a policy is truly worth. */
const FRESH_VISITS = 2000;
/** The off-policy gain is that of the first slots (off-policy-gain.ts). */
const REORDERED = [0, 1, 2];
/** Both sides of its intervals. */
const OUTSIDE = 0.05;
const FEATURES = tripWishes.features.length;

/** A world's own numbers are drawn from seeds of their own, so that one of them can be changed alone. */
const TABLE = 1;
const FRESH = 2;
const LOGGED = 10;

interface World {
  readonly seed: number;
  readonly taste: HiddenTaste;
  readonly table: RankableTable;
  readonly fresh: readonly Visit[];
}

interface Tally {
  worlds: number;
  trainings: number;
  promotions: number;
  /** Promotions of what truly earns less. */
  harmful: number;
  /** Off-policy intervals, and how many hold the true gain, lie below or above it. */
  intervals: number;
  held: number;
  above: number;
  readonly shares: number[];
  readonly sharesBefore: number[];
}

/**
 * The loop of learning, world after world: visitors with a taste that only their clicks tell, a log drawn by the champion, a
 * challenger from the log, and the gate between them. The truth is known, so what the gate says can be held against it.
 */
export const soakWorlds: SoakForm = async ({ minutes, seed, say }) => {
  const endMs = endOf({ minutes });
  const tally: Tally = {
    worlds: 0,
    trainings: 0,
    promotions: 0,
    harmful: 0,
    intervals: 0,
    held: 0,
    above: 0,
    shares: [],
    sharesBefore: [],
  };
  for (let n = 0; n === 0 || performance.now() < endMs; n++) {
    await live(worldOf(seed + n), tally);
    if (n % 10 === 9) say(textOf(tally));
  }
  return { figures: textOf(tally), broken: brokenPromises(tally) };
};

function worldOf(seed: number): World {
  const drawn = (what: number) => seed * 100 + what;
  const items = makeTrips(ITEMS, drawn(TABLE));
  return {
    seed: drawn(0),
    taste: hiddenTaste(drawn(0)),
    table: rankable(packItems(tripWishes.columns, items)),
    fresh: makeVisits(FRESH_VISITS, drawn(FRESH)),
  };
}

async function live(world: World, tally: Tally): Promise<void> {
  tally.worlds++;
  let champion: Scorer = additiveFromPoints(tripWishes, tripWishes.rules, {
    version: RULES_VERSION,
    name: 'rules',
  });
  const before = valueOf(champion, world, { explores: false });
  const best = valueOf(world.taste.oracle, world, { explores: false });
  const nothing = additiveFromPoints(tripWishes, {}, { version: RULES_VERSION, name: 'nothing' });
  const chance = valueOf(
    { ...nothing, exploration: { temperature: 1, epsilon: 1, poolSize: ITEMS } },
    world,
    {},
  );
  const share = (value: number) => (value - chance) / (best - chance);
  const log: LoggedSlate[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    log.push(...visitsOf(champion, world, round));
    tally.trainings++;
    let trueGain = Number.NaN;
    const { scorer, gate } = await learn(packTrainingSet(tripWishes, log.map(labelled)), {
      parent: champion,
      learner: 'additive',
      name: `round ${round}`,
      device: cpuDevice(),
      evidence: { dataQuality: { passed: true, failures: [] } },
      async offPolicyGain(challenger, fromMs) {
        const served = log.filter(
          ({ weights, at }) => weights === champion.version && at >= fromMs,
        );
        trueGain = gainOf(champion, challenger, world);
        return offPolicyGain(served, champion, challenger, { click: 1 }).gain;
      },
    });
    if (gate.decidedBy === 'off-policy gain') count(gate, trueGain, tally);
    if (gate.verdict !== 'promote') continue;
    const challenger: Scorer = { ...scorer, version: versionOf(round + 1) };
    tally.promotions++;
    const worth = (one: Scorer) => valueOf(one, world, {});
    if (worth(challenger) < worth(champion)) tally.harmful++;
    champion = challenger;
  }
  tally.sharesBefore.push(share(before));
  tally.shares.push(share(valueOf(champion, world, { explores: false })));
}

function count({ gain }: GateReport, trueGain: number, tally: Tally): void {
  const { low, high } = gain!;
  tally.intervals++;
  if (low <= trueGain && trueGain <= high) tally.held++;
  else if (low > trueGain) tally.above++;
}

/** What the champion's visitors of one round were shown and clicked, one session each. */
function visitsOf(champion: Scorer, { seed, taste, table }: World, round: number): LoggedSlate[] {
  return makeVisits(VISITS_A_ROUND, seed + LOGGED + round).map((visit, i) => {
    const number = round * VISITS_A_ROUND + i;
    const { ids, units, propensities, codes } = show(champion, table, visit, {
      seed: seed + number,
      nowMs: NOW_MS,
    });
    return {
      rankingId: `r${number}`,
      at: NOW_MS + number,
      sessionId: `s${number}`,
      userId: null,
      placement: 'main',
      consent: 'measure' as const,
      arm: null,
      weights: champion.version,
      draw: { ...champion.exploration, isDrafted: false },
      itemIds: ids,
      units: Int32Array.from(units),
      propensities: Float64Array.from(propensities),
      codes,
      tallies: Array.from(taste.clicks(codes, ids.length), (click) =>
        click === 0 ? undefined : { click },
      ),
    };
  });
}

const labelled = ({ at, sessionId, codes, tallies }: LoggedSlate) => ({
  at,
  sessionId,
  codes,
  reward: Float64Array.from(tallies, (tally) => tally?.click ?? 0),
});

/** Clicks per ranking that a scorer truly earns, over fresh visits. */
function valueOf(
  scorer: Scorer,
  { seed, taste, table, fresh }: World,
  { explores = true }: { explores?: boolean },
): number {
  let sum = 0;
  for (const [i, visit] of fresh.entries()) {
    const { ids, codes } = show(scorer, table, visit, { seed: seed + i, nowMs: NOW_MS, explores });
    for (const clicks of taste.expected(codes, ids.length)) sum += clicks;
  }
  return sum / fresh.length;
}

/** What the gate's off-policy gain estimates: the champion's first slots in the challenger's order, less in its own. */
function gainOf(champion: Scorer, challenger: Scorer, world: World): number {
  const { seed, taste, table, fresh } = world;
  let sum = 0;
  for (const [i, visit] of fresh.entries()) {
    const { codes, ids } = show(champion, table, visit, { seed: seed + i, nowMs: NOW_MS });
    const looked = (slot: number) => 1 / Math.sqrt(slot + 1);
    const liked = taste.expected(codes, ids.length).map((clicks, slot) => clicks / looked(slot));
    const points = REORDERED.map((slot) =>
      toPoints(finalUnits(challenger, codes, slot * FEATURES)),
    );
    const worth = (order: readonly number[]) =>
      order.reduce((clicks, item, slot) => clicks + liked[item] * looked(slot), 0);
    for (const order of orders(REORDERED, REORDERED.length))
      sum += slateProbability(points, order, challenger.exploration) * worth(order);
    sum -= worth(REORDERED);
  }
  return sum / fresh.length;
}

function brokenPromises({ intervals, held, above, trainings, harmful, shares }: Tally): string[] {
  const broken: string[] = [];
  const { least } = binomialBounds(intervals, 1 - OUTSIDE);
  if (held < least)
    broken.push(`${held} of ${intervals} intervals hold the true gain, fewer than ${least}`);
  const mostAbove = binomialBounds(intervals, OUTSIDE / 2).most;
  if (above > mostAbove)
    broken.push(
      `${above} of ${intervals} intervals lie above the true gain, more than ${mostAbove}`,
    );
  const mostHarmful = binomialBounds(trainings, OUTSIDE / 2).most;
  if (harmful > mostHarmful)
    broken.push(`${harmful} of ${trainings} trainings made it worse, more than ${mostHarmful}`);
  if (!(median(shares) > LEAST_SHARE))
    broken.push(`half of the worlds reach less than ${LEAST_SHARE} of the oracle`);
  return broken;
}

/** What most worlds reach of the way from chance to the oracle. */
const LEAST_SHARE = 0.6;

function textOf(tally: Tally): string {
  const { worlds, trainings, promotions, harmful, intervals, held, above, shares } = tally;
  const of = (values: readonly number[]) => median(values).toFixed(3);
  return [
    `${worlds} worlds, ${trainings} trainings, ${promotions} promotions, ${harmful} of them harmful`,
    `way from chance to the oracle, median: ${of(tally.sharesBefore)} by the rules, ${of(shares)} learned (least ${Math.min(...shares).toFixed(3)})`,
    `${held} of ${intervals} off-policy intervals of 95 % hold the true gain, ${above} lie above it`,
  ].join('; ');
}
