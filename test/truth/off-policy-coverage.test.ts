import { beforeAll, describe, expect, it } from 'vitest';
import { SLATE_ESTIMATORS } from '../../backend/science/evaluation/off-policy/off-policy-report.ts';
import type { OffPolicyEstimate } from '../../backend/science/evaluation/off-policy/off-policy-estimate.ts';
import {
  crossFitSlates,
  reorderedSlates,
} from '../../backend/science/evaluation/off-policy/reordered-slates.ts';
import { crossFitRewards } from '../../backend/science/evaluation/off-policy/reward-model.ts';
import { estimateSlates } from '../../backend/science/evaluation/off-policy/slate-estimators.ts';
import {
  estimateTopSlot,
  type TopSlotEstimator,
} from '../../backend/science/evaluation/off-policy/top-slot.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { sizedForHours } from '../support/size.ts';
import { ACTIONS, CONTEXTS, logActions, TRUE_VALUE } from '../world/logged-actions.ts';
import {
  EVALUATED_EXPLORATION,
  logSlates,
  SLOTS,
  TRUE_REORDERED_VALUE,
} from '../world/logged-slates.ts';

const RUNS = sizedForHours(140, 1000);
/** How many of the intervals must hold the truth, and how many may. */
const HELD = sizedForHours(binomialBounds(RUNS, 0.95), { least: 0.93 * RUNS, most: 0.97 * RUNS });
const SEED = 2026;

/** Clipping, switching and shrinking all bite here: the largest weight of this world is 5.3. */
const TOP_SLOT: readonly TopSlotEstimator[] = [
  { kind: 'ips' },
  { kind: 'clipped-ips', limit: 5 },
  { kind: 'snips' },
  { kind: 'dm' },
  { kind: 'dr' },
  { kind: 'sndr' },
  { kind: 'switch-dr', threshold: 2 },
  { kind: 'dr-os', lambda: 'tuned' },
];

/** How often each estimator's 95 % interval held the truth. */
class Coverage {
  readonly #truth: number;
  readonly #covered = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  constructor(truth: number) {
    this.#truth = truth;
  }
  add(estimator: string, outcome: OffPolicyEstimate): void {
    if (outcome.kind === 'refused') throw new Error(`${estimator} refused: ${outcome.reason}`);
    const { mean, low, high } = outcome.value;
    const held = low <= this.#truth && this.#truth <= high ? 1 : 0;
    this.#covered.set(estimator, (this.#covered.get(estimator) ?? 0) + held);
    this.#errors.set(estimator, (this.#errors.get(estimator) ?? 0) + mean - this.#truth);
  }
  count = (estimator: string): number => this.#covered.get(estimator) ?? 0;
  bias = (estimator: string): number => (this.#errors.get(estimator) ?? 0) / RUNS;
  text = (): string =>
    [...this.#covered.keys()]
      .map(
        (name) =>
          `${name} ${((100 * this.count(name)) / RUNS).toFixed(1)} % (bias ${this.bias(name).toExponential(1)})`,
      )
      .join(', ');
}

describe(`95 % intervals of top-slot estimators over ${RUNS} simulated logs (seed ${SEED})`, () => {
  const covered = new Coverage(TRUE_VALUE);
  const clustered = new Coverage(TRUE_VALUE);
  const blind = new Coverage(TRUE_VALUE);
  const features = (context: Uint8Array) => [
    {
      size: CONTEXTS * ACTIONS,
      at: (row: number, action: number) => context[row] * ACTIONS + action,
    },
  ];
  beforeAll(() => {
    for (let run = 0; run < RUNS; run++) {
      const { tables, context } = logActions(1000, SEED + run);
      const rounds = crossFitRewards(tables, features(context), { l2: [0.1] });
      for (const estimator of TOP_SLOT)
        covered.add(estimator.kind, estimateTopSlot(estimator, rounds));
      const users = logActions(900, SEED + run, { visits: 6, alike: 0.1 });
      const of = crossFitRewards(users.tables, features(users.context), { l2: [0.1] });
      for (const kind of ['ips', 'snips', 'dr'] as const) {
        clustered.add(kind, estimateTopSlot({ kind }, of));
        blind.add(kind, estimateTopSlot({ kind }, { ...of, cluster: undefined }));
      }
    }
    console.log(
      `rows apart: ${covered.text()}\nby user: ${clustered.text()}\nusers overlooked: ${blind.text()}`,
    );
  });

  it.each(TOP_SLOT)('hold the truth as often as they say: $kind', ({ kind }) => {
    expect(covered.count(kind)).toBeGreaterThanOrEqual(HELD.least);
    expect(covered.count(kind)).toBeLessThanOrEqual(HELD.most);
  });

  it.each(['ips', 'snips', 'dr'])('do so too where a user’s rows are alike: %s', (kind) => {
    expect(clustered.count(kind)).toBeGreaterThanOrEqual(HELD.least);
    expect(clustered.count(kind)).toBeLessThanOrEqual(HELD.most);
    expect(blind.count(kind)).toBeLessThan(clustered.count(kind) - 0.01 * RUNS);
  });
});

describe(`95 % intervals of slate estimators over ${RUNS} simulated logs (seed ${SEED})`, () => {
  const covered = new Coverage(TRUE_REORDERED_VALUE);
  beforeAll(() => {
    for (let run = 0; run < RUNS; run++) {
      const slates = reorderedSlates(logSlates(500, SEED + run), SLOTS, EVALUATED_EXPLORATION);
      const asked = { ...slates, model: crossFitSlates(slates) };
      for (const estimator of SLATE_ESTIMATORS)
        covered.add(estimator, estimateSlates(estimator, asked));
    }
    console.log(covered.text());
  });

  it.each(SLATE_ESTIMATORS)('hold the truth as often as they say: %s', (estimator) => {
    expect(covered.count(estimator)).toBeGreaterThanOrEqual(HELD.least);
    expect(covered.count(estimator)).toBeLessThanOrEqual(HELD.most);
  });
});
