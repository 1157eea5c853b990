import { beforeAll, describe, expect, it } from 'vitest';
import {
  estimateTopSlot,
  type TopSlotEstimator,
} from '../../backend/science/evaluation/off-policy/top-slot.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { sizedForHours } from '../support/size.ts';
import { logActions, TRUE_GAIN, TRUE_VALUE } from '../world/logged-actions.ts';
import { MODELS } from '../world/wrong-models.ts';

const RUNS = sizedForHours(60, 1000);
const SEED = 4711;
const ESTIMATORS: readonly TopSlotEstimator[] = [
  { kind: 'dm' },
  { kind: 'dr' },
  { kind: 'switch-dr', threshold: 2 },
  { kind: 'dr-os', lambda: 'tuned' },
  { kind: 'dr-os', lambda: 1 },
];

describe.each(Object.keys(MODELS))(
  `over ${RUNS} logs with a reward model of %s, 95 %% intervals hold the truth:`,
  (model) => {
    const held = ESTIMATORS.map(() => ({ value: 0, gain: 0 }));
    beforeAll(() => {
      for (let run = 0; run < RUNS; run++) {
        const rounds = MODELS[model](logActions(1000, SEED + run));
        ESTIMATORS.forEach((estimator, i) => {
          const found = estimateTopSlot(estimator, rounds);
          if (found.kind === 'refused') throw new Error(found.reason);
          const holds = ({ low, high }: { low: number; high: number }, truth: number) =>
            Number(low <= truth && truth <= high);
          held[i].value += holds(found.value, TRUE_VALUE);
          held[i].gain += holds(found.gain, TRUE_GAIN);
        });
      }
    });

    it.each(ESTIMATORS.map((estimator, i) => ({ ...estimator, i })))('$kind', ({ i }) => {
      const { least } = binomialBounds(RUNS, 0.95);
      expect(held[i].value).toBeGreaterThanOrEqual(least);
      expect(held[i].gain).toBeGreaterThanOrEqual(least);
    });
  },
);
