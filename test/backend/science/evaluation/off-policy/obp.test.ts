import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NO_LIMITS } from '../../../../../backend/science/evaluation/off-policy/support.ts';
import { roundsFromTables } from '../../../../../backend/science/evaluation/off-policy/rounds.ts';
import {
  estimateTopSlot,
  type TopSlotEstimator,
} from '../../../../../backend/science/evaluation/off-policy/top-slot.ts';
import { weightReport } from '../../../../../backend/science/evaluation/off-policy/weight-report.ts';
import { needsShared, sharedFile } from '../../../../support/shared-data.ts';

const FILE = 'vectors/ope_obd_obp.json.gz';

interface Case {
  readonly input: {
    readonly campaign: string;
    readonly behavior: string;
    readonly evaluation: string;
    readonly n_actions: number;
    readonly reward: number[];
    readonly pscore: number[];
    readonly action: number[];
    readonly position: number[];
    readonly evaluation_action_dist_by_action_and_position: number[][];
    readonly q_logged_action: number[];
    readonly expected_q_under_evaluation: number[];
    readonly pi_e_logged_action: number[];
  };
  readonly expected: Record<string, Expected | number>;
}
interface Expected {
  readonly value: number;
  readonly bootstrap_ci: Record<string, number> | null;
}

/** obp's names carry the parameter: `ipw_clip20`, `switch-dr_1`, `dr-os_100`. */
function estimatorOf(name: string): TopSlotEstimator {
  const [, kind, digits] = /^([a-z-]+?)(?:_(?:clip)?([\d.e+-]+|inf))?$/.exec(name) ?? [];
  const parameter = digits === 'inf' ? Number.POSITIVE_INFINITY : Number(digits);
  switch (kind) {
    case 'ipw':
      return digits === undefined ? { kind: 'ips' } : { kind: 'clipped-ips', limit: parameter };
    case 'snipw':
      return { kind: 'snips' };
    case 'dm':
    case 'dr':
    case 'sndr':
      return { kind };
    case 'switch-dr':
      return { kind, threshold: parameter };
    case 'dr-os':
      return { kind, lambda: parameter };
    default:
      throw new Error(`no estimator of ours is called ${name}`);
  }
}

const { absent, why } = needsShared(FILE);

describe.skipIf(absent)(`against the Open Bandit Pipeline${why}`, () => {
  const { cases } = (
    absent ? { cases: [] } : JSON.parse(gunzipSync(readFileSync(sharedFile(FILE))).toString())
  ) as { cases: Case[] };

  it('holds logs of two policies', () => {
    expect(new Set(cases.map(({ input }) => input.behavior)).size).toBe(2);
  });

  describe.each(cases)('$input.campaign: $input.evaluation from $input.behavior', (given) => {
    const { input, expected } = given;
    const tables = input.evaluation_action_dist_by_action_and_position;
    const rounds = {
      ...roundsFromTables({
        reward: input.reward,
        pscore: input.pscore,
        action: input.action,
        position: input.position,
        actions: input.n_actions,
        positions: tables[0].length,
        evaluation: tables.flat(),
      }),
      model: { logged: input.q_logged_action, expected: input.expected_q_under_evaluation },
    };

    it('reads the logged action’s probability at its own position', () => {
      expect([...(rounds.evaluation as Float64Array)]).toEqual(input.pi_e_logged_action);
    });

    const named = Object.entries(expected).filter(
      (entry): entry is [string, Expected] => typeof entry[1] === 'object',
    );
    it.each(named)('%s has the same value to 1e-6', (name, { value, bootstrap_ci }) => {
      const estimate = estimateTopSlot(estimatorOf(name), rounds, { limits: NO_LIMITS });
      if (estimate.kind === 'refused') return expect.unreachable(estimate.reason);
      expect(Math.abs(estimate.value.mean - value)).toBeLessThan(1e-9);
      if (bootstrap_ci === null) return undefined;
      // The bootstrap's 95 % interval is as wide as ours, within its own noise and skew.
      const width = bootstrap_ci['95.0% CI (upper)'] - bootstrap_ci['95.0% CI (lower)'];
      const ratio = (estimate.value.high - estimate.value.low) / width;
      expect(ratio).toBeGreaterThan(0.85);
      expect(ratio).toBeLessThan(1.15);
      return undefined;
    });

    it('sees the same effective sample size and largest weight', () => {
      const { effectiveSampleSize, max } = weightReport(
        Float64Array.from(input.pscore, (p, row) => input.pi_e_logged_action[row] / p),
      );
      expect(effectiveSampleSize).toBeCloseTo(expected['_effective_sample_size'] as number, 6);
      expect(max).toBeCloseTo(expected['_max_weight'] as number, 6);
    });
  });
});
