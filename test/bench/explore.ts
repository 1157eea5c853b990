import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { firstPassScorer, fitFirstPass } from '../../backend/science/learn/additive/first-pass.ts';
import { packTrainingSet } from '../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { unlearned } from '../../shared/score/posterior.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../shared/score/scorer.ts';
import { hiddenTaste } from '../world/hidden-taste.ts';
import { labelled, loggedSlate } from '../world/strata/champion-log.ts';
import { served } from '../world/strata/pool.ts';
import { tripsInFull, visitsInFull } from '../world/trip-visitors.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';
import { NOW_MS } from './support/trips.ts';

const TRIPS = 10_000;
const LIMIT = 20;
/** Every fourth of them raises something. */
const VISITS = 256;
/** Enough for the compilers to be done with what few rankings do. */
const ROUNDS = 120;
const LEARNED_FROM = 1500;
const SEED = 3;

/**
 * Ranking a catalogue in one thread by temperature and with raises of what is little known: the same requests in turn, and who comes
 * first changes, so that what else the machine does disturbs both alike.
 */
export async function benchExplore(say: Say): Promise<Part> {
  const { optimism: _, ...byTemperature } = smarttrip.exploration;
  const table = rankable(packItems(smarttrip.columns, tripsInFull(TRIPS, SEED)));
  const visits = visitsInFull(VISITS, SEED);
  const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
    version: RULES_VERSION,
    name: 'rules',
    posterior: unlearned(smarttrip, smarttrip.exploration),
  });
  const rank = (scorer: AdditiveScorer, seed: number, explores: boolean) =>
    rankSlate(scorer, table, visits[seed], {
      limit: LIMIT,
      seed,
      nowMs: NOW_MS,
      exploration: explores ? scorer.exploration : byTemperature,
    });
  const rows: BenchRow[] = [];
  const notes: string[] = [];
  for (const [name, scorer] of [
    ['rules', rules],
    ['learned', await learnedFrom(rules, table)],
  ] as const) {
    const [fixed, raised] = [new Float64Array(VISITS), new Float64Array(VISITS)].map((own) =>
      own.fill(Infinity),
    );
    for (let round = 0; round < ROUNDS; round++) {
      say(`explore: ${name}, round ${round + 1} of ${ROUNDS}`);
      for (let i = 0; i < VISITS; i++)
        for (const explores of (round + i) % 2 === 0 ? [false, true] : [true, false]) {
          const startedMs = performance.now();
          rank(scorer, i, explores);
          const own = explores ? raised : fixed;
          own[i] = Math.min(own[i], performance.now() - startedMs);
        }
    }
    const us = (own: Float64Array) => (own.reduce((sum, ms) => sum + ms, 0) / VISITS) * 1000;
    rows.push(
      { name: `${name}, by temperature`, value: us(fixed), unit: 'µs' },
      {
        name: `${name}, with raises`,
        value: us(raised),
        unit: 'µs',
        ratio: us(raised) / us(fixed),
        against: 'by temperature',
      },
    );
    const count = visits.filter((__, i) => rank(scorer, i, true).raises !== undefined).length;
    notes.push(`${name}: ${count} of ${VISITS} rankings raised something`);
  }
  return { rows, notes: [...notes, `mean over requests of the fastest of ${ROUNDS} rounds`] };
}

/** What one training makes of what the rules showed and people clicked. */
async function learnedFrom(
  rules: AdditiveScorer,
  table: ReturnType<typeof rankable>,
): Promise<AdditiveScorer> {
  const taste = hiddenTaste(SEED, { orderly: true, schema: smarttrip });
  const log = visitsInFull(LEARNED_FROM, SEED + 1).map((visit, i) => {
    const drawn = served(rules, table, visit, i);
    const clicks = taste.clicks(drawn.codes, drawn.slots);
    return labelled(loggedSlate(rules, drawn, String(i), i, clicks));
  });
  const set = packTrainingSet(smarttrip, log);
  const options = {
    parent: rules,
    name: 'learned',
    l2: smarttrip.training.l2,
    device: cpuDevice(),
  };
  return firstPassScorer(await fitFirstPass(set, undefined, options), options, set);
}
