import { beforeAll, describe, expect, it } from 'vitest';
import {
  clusteredMean,
  type IntervalEstimate,
} from '../../../backend/science/statistics/interval.ts';
import {
  evaluateTopSlot,
  type OffPolicyReport,
} from '../../../backend/science/evaluation/off-policy/off-policy-report.ts';
import {
  actionShares,
  readOpenBandit,
  type OpenBanditLog,
} from '../../../backend/replay/open-bandit.ts';
import { offPolicyText } from '../../../backend/science/evaluation/off-policy/report-text.ts';
import { crossFitRewards } from '../../../backend/science/evaluation/off-policy/reward-model.ts';
import { SUPPORT_LIMITS } from '../../../backend/science/evaluation/off-policy/support.ts';
import { learnedShares } from '../../world/open-bandit-policy.ts';
import { needsShared, sharedFile } from '../../support/shared-data.ts';

const RANDOM = 'data/obd/random-men.csv.gz';
const BTS = 'data/obd/bts-men.csv.gz';
const { absent, why } = needsShared(RANDOM, BTS);

/** One policy's click rate from the other's log, by the shares with which it shows each item at each position. */
function evaluate(
  logged: OpenBanditLog,
  evaluated: OpenBanditLog,
  rows = logged.rows,
): OffPolicyReport {
  return evaluateTopSlot(roundsOf(logged, actionShares(evaluated), rows));
}

/** @param evaluation the share of each item at each position. */
function roundsOf(logged: OpenBanditLog, evaluation: Float64Array, rows = logged.rows) {
  const tables = {
    reward: logged.click.subarray(0, rows),
    pscore: logged.pscore.subarray(0, rows),
    action: logged.action.subarray(0, rows),
    position: logged.position.subarray(0, rows),
    actions: logged.actions,
    positions: logged.positions,
    evaluation,
  };
  const features = [
    { size: logged.actions, at: (_: number, action: number) => action },
    { size: logged.positions, at: (row: number) => logged.position[row] },
    ...logged.user.map(({ size, codes }) => ({ size, at: (row: number) => codes[row] })),
  ];
  return crossFitRewards(tables, features);
}

describe.skipIf(absent)(`real Open Bandit logs, men${why}`, () => {
  let random: OpenBanditLog;
  let bts: OpenBanditLog;
  beforeAll(() => {
    random = readOpenBandit(sharedFile(RANDOM));
    bts = readOpenBandit(sharedFile(BTS));
  });
  const onPolicy = (log: OpenBanditLog) =>
    clusteredMean(log.click, Uint32Array.from(log.click.keys()))!;
  /** Difference in standard errors of the difference. */
  const apart = (a: IntervalEstimate, b: IntervalEstimate) =>
    (1.96 * Math.abs(a.mean - b.mean)) / Math.hypot((a.high - a.low) / 2, (b.high - b.low) / 2);

  it('hold 10,000 rows of 34 items at 3 positions under each policy', () => {
    for (const log of [random, bts])
      expect(log).toMatchObject({ rows: 10_000, actions: 34, positions: 3 });
    expect(random.pscore.every((p) => Math.abs(p - 1 / 34) < 1e-12)).toBe(true);
    expect(onPolicy(random).mean).toBeCloseTo(0.0046, 10);
    expect(onPolicy(bts).mean).toBeCloseTo(0.0069, 10);
  });

  it.each([
    { from: 'random', to: 'Bernoulli TS', logged: () => random, evaluated: () => bts },
    { from: 'Bernoulli TS', to: 'random', logged: () => bts, evaluated: () => random },
  ])('of the $from policy tell the $to policy’s click rate', ({ from, to, logged, evaluated }) => {
    const report = evaluate(logged(), evaluated());
    const truth = onPolicy(evaluated());
    console.log(
      `${to} from ${from}: on-policy ${truth.mean} (95 %: ${truth.low.toFixed(5)} to ${truth.high.toFixed(5)})\n${offPolicyText(report)}`,
    );
    for (const line of report.estimates) {
      if (line.kind === 'refused') return expect.unreachable(`${line.estimator}: ${line.reason}`);
      expect(apart(line.value, truth), line.estimator).toBeLessThan(1.96);
    }
    return undefined;
  });

  it('tell what Trimtab, which learned from the log of Bernoulli TS, gains over Bernoulli TS', async () => {
    const ours = roundsOf(random, await learnedShares(bts));
    const baseline = roundsOf(random, actionShares(bts));
    // With 46 clicks the usual limit of 10 that count is missed by a little; the intervals are those of small samples.
    const limits = { ...SUPPORT_LIMITS, minEffectiveRewards: 5 };
    const options = { baseline, limits };
    const report = evaluateTopSlot(ours, [{ kind: 'snips' }, { kind: 'dr' }], options);
    console.log(offPolicyText(report));
    for (const line of report.estimates) {
      if (line.kind === 'refused') return expect.unreachable(`${line.estimator}: ${line.reason}`);
      expect(line.gain.high, line.estimator).toBeGreaterThan(0);
      expect(line.gain.low, line.estimator).toBeGreaterThan(-onPolicy(bts).mean);
    }
    return undefined;
  });

  it('of 300 rows carry no estimate, and the refusal says what is missing', () => {
    const { estimates } = evaluate(bts, random, 300);
    for (const line of estimates) {
      expect(line).toMatchObject({ kind: 'refused' });
      if (line.kind === 'refused') expect(line.reason).toMatch(/\d/);
    }
    console.log(offPolicyText(evaluate(bts, random, 300)));
  });
});
