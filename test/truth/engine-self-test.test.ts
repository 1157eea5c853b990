import { eq } from 'drizzle-orm';
import { afterEach, describe, expect, test } from 'vitest';
import { parseMetricWeights } from '../../backend/reward/settings.ts';
import type {
  ExperimentReport,
  MetricReport,
} from '../../backend/science/experiment/experiment-report.ts';
import { experiments } from '../../backend/store/tables.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { IDENTITY_SECRET } from '../backend/support/backend.ts';
import { hoursSize } from '../support/size.ts';
import {
  AS_DECLARED,
  DISAPPOINTING,
  HOMES,
  homes,
  HORIZON_DAYS,
  visitHomes,
  type LastingValue,
  type Renewal,
  type TrueWorth,
} from '../world/lasting-value.ts';
import { openSimulatedBackend, type SimulatedBackend } from '../world/simulated-backend.ts';

const START_MS = Date.UTC(2026, 9, 1);
/** Days on which everybody is served by the rules, from which the first metric weights are learned. */
const DAYS_BEFORE = 10;
const SESSIONS_BEFORE = 300;
const SEEDS = [1, 2];
const SESSIONS = 800;
const MINIMUM = 1000;
const MOST_DAYS = 21;

let backend: SimulatedBackend | undefined;
afterEach(async () => {
  await backend?.close();
  backend = undefined;
});

describe.skipIf(hoursSize.absent).each(SEEDS)(
  `the self-test of fixed against adaptive metric weights${hoursSize.why}, seed %i`,
  (seed) => {
    test(
      `where clicks disappoint, it ends by itself within ${MOST_DAYS} days: adaptive weights win, as they truly do`,
      { timeout: 3_600_000 },
      async () => {
        const { looks, stopped, truth, last } = await selfTest(DISAPPOINTING, seed);
        const { verdict, metrics } = stopped.comparisons[0];
        expect(looks.at(-1)!.comparisons[0].verdict.kind).toBe('better');
        expect(looks.length).toBeLessThanOrEqual(MOST_DAYS);
        for (const { comparisons } of looks.slice(0, -1))
          expect(comparisons[0].verdict.kind).toMatch(/^(?:not-enough-data|undecided)$/);
        // Stopping changes nothing of what was read.
        expect(verdict).toEqual({
          kind: 'better',
          sentence: 'adaptive is better on outcome.renewal',
        });
        expect(stopped.verdict).toBe('adaptive is better on outcome.renewal');
        expect(stopped.doubts).toEqual([]);
        expect(truth.adaptive.mean).toBeGreaterThan(truth.fixed.mean);
        expectTruthInside(metrics, truth);
        // Neither arm unlearns what it was trained on the day before: the rules' 0.19 lie between them to the last.
        expect(last.fixed.mean).toBeLessThan(0.13);
        expect(last.adaptive.mean).toBeGreaterThan(0.25);

        const rewards = await rewardsOf(stopped.experiment);
        expect(rewards.fixed).toEqual(homes.training.reward);
        expect(rewards.adaptive.click ?? 0).toBeLessThanOrEqual(0);
        expect(
          Math.max(rewards.adaptive.save ?? 0, rewards.adaptive.dwell_seconds ?? 0),
        ).toBeGreaterThan(0);
      },
    );

    test(
      `where the declared weights are right, ${MOST_DAYS} looks call no winner`,
      { timeout: 3_600_000 },
      async () => {
        const { looks, stopped, truth, last } = await selfTest(AS_DECLARED, seed);
        expect(looks).toHaveLength(MOST_DAYS);
        for (const { comparisons } of looks)
          expect(comparisons[0].verdict.kind).toMatch(/^(?:not-enough-data|undecided)$/);
        expect(stopped.verdict).toBe('no difference found yet between adaptive and control');
        expect(stopped.doubts).toEqual([]);
        expectTruthInside(stopped.comparisons[0].metrics, truth);
        // It was a test of two rewards, not of one: adaptive weights were learned, and served as well as the fixed ones.
        const rewards = await rewardsOf(stopped.experiment);
        expect(rewards.adaptive).not.toEqual(rewards.fixed);
        for (const { mean } of [last.fixed, last.adaptive]) expect(mean).toBeGreaterThan(0.11);
      },
    );
  },
);

interface TrueMean {
  readonly units: number;
  readonly mean: number;
}
type TrueMeans = Readonly<Record<'fixed' | 'adaptive', TrueMean>>;

interface Ended {
  /** What was read at the end of each day of the experiment. */
  readonly looks: readonly ExperimentReport[];
  /** The report that was frozen when it was stopped. */
  readonly stopped: ExperimentReport;
  /** Over the visits whose horizon was over at the last look. */
  readonly truth: TrueMeans;
  /** Over the visits of the last day. */
  readonly last: TrueMeans;
}

/** Runs until the report decides, or for `MOST_DAYS`. */
async function selfTest(value: LastingValue, seed: number): Promise<Ended> {
  const own = (backend = await openSimulatedBackend(START_MS, {
    schema: homes,
    metricWeights: parseMetricWeights({
      target: { kind: 'happened', outcome: 'renewal', horizonDays: HORIZON_DAYS },
      methods: ['surrogate'],
    }),
  }));
  await own.call('PUT', '/v1/items', HOMES);
  const days = await daysOf(own, value, seed);
  for (let day = 0; day < DAYS_BEFORE; day++) await days.next(SESSIONS_BEFORE);

  const { id } = await own.call('POST', '/v1/experiments', {
    name: 'do weights pay',
    selfTest: true,
    minimumPerArm: MINIMUM,
  });
  // Who is in which arm is for the seed to say.
  const { db } = own.store;
  const salt = { salt: `salt_${seed}` };
  await own.store.write([db.update(experiments).set(salt).where(eq(experiments.id, id))]);
  await own.call('POST', `/v1/experiments/${id}/start`, {});

  const looks: ExperimentReport[] = [];
  const seen: TrueWorth[] = [];
  let last: readonly TrueWorth[] = [];
  for (let day = 0; day < MOST_DAYS; day++) {
    await own.night();
    last = await days.next(SESSIONS);
    seen.push(...last);
    const { report } = await own.call('GET', `/v1/experiments/${id}`);
    looks.push(report.analysis);
    const decided = ['better', 'worse', 'mixed', 'harmful'];
    if (decided.includes(report.analysis.comparisons[0].verdict.kind)) break;
  }
  const { report } = await own.call('POST', `/v1/experiments/${id}/stop`, {});
  const over = own.clock.nowMs - HORIZON_DAYS * DAY_MS;
  process.stdout.write(`${looks.map(lineOf).join('\n')}\n`);
  return {
    looks,
    stopped: report.analysis,
    truth: meansOf(seen.filter(({ at }) => at <= over)),
    last: meansOf(last),
  };
}

/** Days of visits, one after the other: what happens is sent at the end of the day on which it happens. */
async function daysOf(own: SimulatedBackend, value: LastingValue, seed: number) {
  const table = await own.catalogue();
  const scorers = new Map<Version, Scorer>();
  const scorerOf = async (version: Version) => {
    const known = scorers.get(version) ?? (await own.version(version));
    scorers.set(version, known);
    return known;
  };
  let [day, waiting] = [0, [] as readonly Renewal[]];
  return {
    async next(sessions: number): Promise<readonly TrueWorth[]> {
      const from = own.clock.nowMs;
      const { batch, renewals, worth } = await visitHomes({
        value,
        pointer: own.pointer(),
        table,
        scorerOf,
        identitySecret: IDENTITY_SECRET,
        from,
        sessions,
        seed: 1000 * seed + day++,
      });
      own.clock.nowMs = from + DAY_MS;
      await own.send(batch);
      const { due = [], later = [] } = Object.groupBy([...waiting, ...renewals], ({ at }) =>
        at < own.clock.nowMs ? 'due' : 'later',
      );
      waiting = later;
      const outcomes = due.map(({ sessionId, at }) => ({
        outcomeId: `renewal-${sessionId}`,
        sessionId,
        metric: 'renewal',
        value: 1,
        at,
      }));
      if (outcomes.length > 0) await own.call('POST', '/v1/outcomes', outcomes);
      return worth;
    },
  };
}

const meansOf = (worth: readonly TrueWorth[]): TrueMeans => {
  const meanOf = (name: string): TrueMean => {
    const own = worth.filter(({ arm }) => arm.endsWith(`:${name}`));
    return {
      units: own.length,
      mean: own.reduce((sum, { chance }) => sum + chance, 0) / own.length,
    };
  };
  return { fixed: meanOf('fixed'), adaptive: meanOf('adaptive') };
};

/** The reading is of the visits whose horizon is over, and its always-valid interval holds their true difference. */
function expectTruthInside(
  [{ control, treatment, found }]: readonly MetricReport[],
  { fixed, adaptive }: TrueMeans,
): void {
  expect([control?.units, treatment?.units]).toEqual([fixed.units, adaptive.units]);
  if (found.kind === 'no-answer') throw new Error(found.message);
  const { low, high } = found.absolute.sequential;
  expect(adaptive.mean - fixed.mean).toBeGreaterThan(low);
  expect(adaptive.mean - fixed.mean).toBeLessThan(high);
}

/** What the versions that the arms ended with were trained on. */
async function rewardsOf(experiment: string): Promise<Record<string, Record<string, number>>> {
  const { arms } = await backend!.call('GET', `/v1/experiments/${experiment}`);
  const found: Record<string, Record<string, number>> = {};
  for (const { name, version } of arms as { name: string; version: string }[])
    found[name] = (await backend!.call('GET', `/v1/weights/${version}`)).lineage.reward;
  return found;
}

function lineOf({ verdict, comparisons }: ExperimentReport, day: number): string {
  const { found } = comparisons[0].metrics[0];
  const interval =
    found.kind === 'no-answer'
      ? found.message
      : `${found.absolute.sequential.low.toFixed(3)} to ${found.absolute.sequential.high.toFixed(3)}`;
  return `day ${day + 1}: ${verdict} (${interval})`;
}
