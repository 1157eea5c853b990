import { normals } from '../../../../../backend/science/metric-weighting/draws.ts';
import type {
  NumberColumn,
  PastExperiment,
  UnitTable,
} from '../../../../../backend/science/metric-weighting/unit-table.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';

export const numbers = (
  name: string,
  values: Float64Array,
  better?: NumberColumn['better'],
): NumberColumn => ({ kind: 'number', name, values, ...(better && { better }) });

/**
 * Units whose target is `Σ weight · metric + context + noise`. `clicks` and `saves` go together, all go with the
 * context, which also moves the target: weights that ignored it would be wrong.
 */
export function simulatedUnits(
  seed: number,
  units: number,
  weights: { readonly clicks: number; readonly saves: number; readonly idle: number },
  noise = 1,
): UnitTable {
  const random = seededRandom(seed);
  const context = normals(random, units);
  const own = Array.from({ length: 4 }, () => normals(random, units));
  const clicks = own[0].map((value, i) => value + context[i]);
  const saves = own[1].map((value, i) => value + 0.8 * clicks[i]);
  const idle = own[2];
  const value = own[3].map(
    (error, i) =>
      weights.clicks * clicks[i] +
      weights.saves * saves[i] +
      weights.idle * idle[i] +
      context[i] +
      noise * error,
  );
  return {
    units,
    metrics: [numbers('clicks', clicks), numbers('saves', saves), numbers('idle', idle)],
    context: [numbers('age', context)],
    target: numbers('value', value),
  };
}

export interface SimulatedExperiments {
  readonly experiments: number;
  /** Deviation of true effects on metrics; 0: nothing does anything. */
  readonly effect: number;
  readonly weights: readonly [number, number, number];
  /** Deviation of the target's true effect that no metric tells. */
  readonly rest: number;
  /** Units per arm at the early moment; the target is read at three times as many. */
  readonly units?: number;
}

const METRICS = ['a', 'b', 'c'] as const;

/**
 * Past experiments as cumulative data have them: errors of the three metrics correlate by a half, metric `a` is the
 * target's own early reading, and early units are a third of the final ones, so errors are shared.
 */
export function simulatedExperiments(
  seed: number,
  { experiments, effect, weights, rest, units = 2000 }: SimulatedExperiments,
): PastExperiment[] {
  const random = seededRandom(seed);
  return Array.from({ length: experiments }, (_one, e) => {
    const early = units * Math.exp(2 * random());
    const final = 3 * early;
    const [errorEarly, errorFinal] = [Math.sqrt(2 / early), Math.sqrt(2 / final)];
    const z = normals(random, 10);
    const truth = [effect * z[0], effect * (0.5 * z[0] + 0.8 * z[1]), effect * z[2]];
    const target = truth.reduce((sum, own, i) => sum + weights[i] * own, rest * z[3]);
    const half = Math.sqrt(0.5);
    const errors = METRICS.map((_, i) => errorEarly * half * (z[4] + z[5 + i]));
    const share = early / final;
    const late = Math.sqrt(1 - share) * errorFinal * z[8];
    const correlation = (i: number, j: number) => (i === j ? 1 : 0.5);
    const covariance = [0, 1, 2, 3].flatMap((i) =>
      [0, 1, 2, 3].map((j) => {
        if (i === 3 && j === 3) return errorFinal ** 2;
        const [one, other] = [i === 3 ? 0 : i, j === 3 ? 0 : j];
        const shared = i === 3 || j === 3 ? share : 1;
        return shared * correlation(one, other) * errorEarly ** 2;
      }),
    );
    return {
      id: `experiment ${e}`,
      effects: Object.fromEntries(
        METRICS.map((name, i) => [
          name,
          { estimate: truth[i] + errors[i], standardError: errorEarly },
        ]),
      ),
      target: { estimate: target + share * errors[0] + late, standardError: errorFinal },
      covariance,
    };
  });
}
