import { invalidAt, partAt } from '../../shared/domain/errors.ts';
import { parseMoment } from '../../shared/domain/moment.ts';
import { percent } from '../../shared/text/text.ts';
import type { ExperimentRamp } from '../store/tables.ts';
import type { ExperimentReport } from '../science/experiment/experiment-report.ts';

/** A share of the layer's units, and when it is due. The first step is the share that an experiment starts with. */
export type RampStep = ExperimentRamp['steps'][number];

/** How an experiment grows by itself; held: no further step is taken. */
export type Ramp = ExperimentRamp;

/** A step as it is asked for: `at` is a moment in any form. */
export type AskedStep = Omit<RampStep, 'at'> & { readonly at?: string | number };

const MAX_STEPS = 20;
const MAX_HOURS = 24 * 366;

/** @throws ApiError 400 naming the step. */
export function rampOf(asked: readonly AskedStep[]): Ramp {
  if (asked.length < 2 || asked.length > MAX_STEPS)
    throw invalidAt('ramp', `a ramp has 2 to ${MAX_STEPS} steps, not ${asked.length}`);
  const steps = asked.map(({ at, ...step }, i): RampStep => {
    const [what, path] = [`ramp[${i}]`, `ramp.${i}`];
    const { traffic, afterHours, afterSearches } = step;
    if (!(traffic > 0 && traffic <= 1))
      throw invalidAt(
        `${path}.traffic`,
        `${what}.traffic must be a share above 0, at most 1, but was ${traffic}`,
      );
    if (i > 0 && !(traffic > asked[i - 1].traffic))
      throw invalidAt(
        `${path}.traffic`,
        `${what}.traffic must be more than that of the step before it`,
      );
    const conditions = [at, afterHours, afterSearches].filter((one) => one !== undefined);
    if (i === 0 ? conditions.length > 0 : conditions.length === 0)
      throw invalidAt(
        path,
        i === 0
          ? 'ramp[0] is what the experiment starts with: it has traffic alone'
          : `${what} needs a condition: at, afterHours or afterSearches`,
      );
    if (afterHours !== undefined && !(afterHours > 0 && afterHours <= MAX_HOURS))
      throw invalidAt(
        `${path}.afterHours`,
        `${what}.afterHours must be above 0, at most ${MAX_HOURS}`,
      );
    if (afterSearches !== undefined && !(Number.isSafeInteger(afterSearches) && afterSearches > 0))
      throw invalidAt(
        `${path}.afterSearches`,
        `${what}.afterSearches must be a whole number above 0`,
      );
    return {
      ...step,
      ...(at !== undefined && {
        at: partAt(`${path}.at`, () => parseMoment(at, `${what}.at`)),
      }),
    };
  });
  return { steps, since: null };
}

/** Shares that rounding set apart are one. */
const SAME = 1e-9;

/** The step that comes next; undefined where the last one is reached. @param share of the layer that takes part now. */
export const nextStep = ({ steps }: Ramp, share: number): RampStep | undefined =>
  steps.find(({ traffic }) => traffic > share + SAME);

export interface RampFacts {
  readonly nowMs: number;
  /** Rankings that exposed somebody since the step that holds was reached. */
  readonly searches: number;
}

/** What a step still waits for, in words; undefined where it is due. All of its conditions have to hold. */
export function awaited(
  { since }: Ramp,
  { at = 0, afterHours = 0, afterSearches = 0 }: RampStep,
  { nowMs, searches }: RampFacts,
): string | undefined {
  const dueMs = Math.max(at, (since ?? nowMs) + afterHours * HOUR_MS);
  if (nowMs < dueMs) return `it is due at ${new Date(dueMs).toISOString()}`;
  if (searches < afterSearches) return `${searches} of ${afterSearches} searches were made`;
  return undefined;
}

const HOUR_MS = 3_600_000;

/**
 * What speaks against a step, in words: a guardrail that is broken for certain, or arms whose sizes do not match their traffic. Both tests are
 * always valid, so looking before each step keeps their error rates. That little is known yet speaks against nothing: the first
 * steps are small for that.
 */
export function objections({
  srm,
  comparisons,
}: Pick<ExperimentReport, 'srm' | 'comparisons'>): string[] {
  const mismatch =
    srm.kind === 'srm' && srm.mismatch
      ? [`the arms' sizes do not match their traffic (p = ${srm.pValue.toExponential(1)})`]
      : [];
  const broken = comparisons.flatMap(({ treatment, guardrails }) =>
    guardrails.flatMap(({ metric, margin, found }) =>
      found.kind === 'guardrail' && found.verdict === 'broken'
        ? [
            `${treatment} breaks its guardrail: ${metric} is at least ${percent(found.leastHarm)} worse, and ${percent(margin)} is tolerated`,
          ]
        : [],
    ),
  );
  return [...mismatch, ...broken];
}
