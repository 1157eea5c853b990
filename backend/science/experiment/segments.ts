import { chiSquareTail } from '../statistics/distributions.ts';
import { type Effect, effectOf } from '../statistics/effect.ts';
import { type TestResult, welchTest } from '../statistics/fixed-test.ts';
import { adjustPValues, type Correction } from '../statistics/multiple-testing.ts';
import {
  MINIMUM_PER_ARM,
  type Unavailable,
  notEnoughData,
  type Unit,
} from '../statistics/unavailable.ts';
import { type SegmentArms, secondLargest } from './segment-arms.ts';
import { type SimpsonCheck, simpsonCheck } from './simpson.ts';

export type SegmentEffect = { readonly value: string } & (
  | {
      readonly kind: 'segment';
      readonly estimate: number;
      readonly standardError: number;
      readonly units: number;
      readonly test: TestResult;
      /** Adjusted over the segments that have an estimate. */
      readonly adjustedP: number;
    }
  | Unavailable
);

/** Cochran's Q test (1954) of the null hypothesis that the effect is the same in all segments. */
export interface Heterogeneity {
  readonly kind: 'heterogeneity';
  readonly q: number;
  readonly df: number;
  readonly pValue: number;
  /** Adjusted over all metrics, attributes and arms of a report (Holm). */
  readonly adjustedP: number;
  /** I², the share of the variation between segments that is not sampling error (Higgins & Thompson, 2002). */
  readonly iSquared: number;
}

export interface Segments {
  readonly segments: readonly SegmentEffect[];
  readonly heterogeneity: Heterogeneity | Unavailable;
  readonly simpson: SimpsonCheck | Unavailable;
}

export interface SegmentOptions {
  readonly alpha?: number;
  readonly correction?: Correction;
  readonly minimumPerArm?: number;
  readonly unit?: Unit;
}

/** Absolute effects on one metric by the values of one attribute, which the units had before they were exposed. */
export function segmentEffects(
  arms: readonly SegmentArms[],
  {
    alpha = 0.05,
    correction = 'holm',
    minimumPerArm = MINIMUM_PER_ARM,
    unit = 'sessions',
  }: SegmentOptions = {},
): Segments {
  const found = arms.map(({ value, control, treatment }) => ({
    value,
    // That there is an effect is tested under the null hypothesis; whether effects differ, at their estimates.
    effect: effectOf(control, treatment, { minimumPerArm, unit, hypothesis: 0 }),
    own: effectOf(control, treatment, { minimumPerArm, unit }),
  }));
  const effects = found.map(({ effect }) => effect).filter((effect) => effect.kind === 'effect');
  const tests = effects.map((effect) => welchTest(effect, { alpha }));
  const pValues = tests.map(({ pValue }) => pValue);
  const adjusted = adjustPValues(pValues, correction);
  const segments = found.map(({ value, effect }): SegmentEffect => {
    if (effect.kind === 'no-answer') return { value, ...effect };
    const { estimate, standardError, n: units } = effect;
    const at = effects.indexOf(effect);
    const { pValue, low, high } = tests[at];
    const test = { pValue, low, high };
    return {
      kind: 'segment',
      value,
      estimate,
      standardError,
      units,
      test,
      adjustedP: adjusted[at],
    };
  });
  return {
    segments,
    heterogeneity: heterogeneityOf(
      found.map(({ own }) => own).filter((effect) => effect.kind === 'effect'),
      arms,
      { minimumPerArm, unit },
    ),
    simpson: simpsonCheck(arms, { alpha, minimumPerArm, unit }),
  };
}

function heterogeneityOf(
  effects: readonly Effect[],
  arms: readonly SegmentArms[],
  { minimumPerArm, unit }: Required<Pick<SegmentOptions, 'minimumPerArm' | 'unit'>>,
): Heterogeneity | Unavailable {
  if (effects.length < 2) return notEnoughData(secondLargest(arms), minimumPerArm, unit);
  const precision = effects.map(({ standardError }) => standardError ** -2);
  const total = precision.reduce((a, b) => a + b, 0);
  const mean = effects.reduce((sum, { estimate }, i) => sum + precision[i] * estimate, 0) / total;
  const q = effects.reduce(
    (sum, { estimate }, i) => sum + precision[i] * (estimate - mean) ** 2,
    0,
  );
  const df = effects.length - 1;
  const iSquared = q > df ? (q - df) / q : 0;
  const pValue = chiSquareTail(q, df);
  return { kind: 'heterogeneity', q, df, pValue, adjustedP: pValue, iSquared };
}
