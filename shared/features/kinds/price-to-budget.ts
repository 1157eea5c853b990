import type { Range } from '../../domain/rank-request.ts';
import { columnPlan, MISSING, needsColumn, needsRising, type BucketKind } from './kind.ts';

/** How far a price is over the budget: bucket i + 1 when at most `overPercent[i]` over, the last when beyond all. */
export interface PriceToBudgetSpec {
  readonly name: string;
  readonly kind: 'price-to-budget';
  readonly column: string;
  /** A number, or a range whose `max` is the budget. */
  readonly preference: string;
  readonly overPercent: readonly number[];
}

export const priceToBudget: BucketKind<PriceToBudgetSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['number']) ?? needsRising('overPercent', spec.overPercent),
  size: (spec) => spec.overPercent.length + 2,
  label(spec, bucket) {
    const over = spec.overPercent[bucket - 1];
    if (over === undefined) return `over by more than ${spec.overPercent.at(-1)} %`;
    return over === 0 ? 'within budget' : `within +${over} %`;
  },
  plan(spec, input) {
    const wish = input.visit.preferences[spec.preference];
    const budget = typeof wish === 'number' ? wish : (wish as Range | undefined)?.max;
    if (typeof budget !== 'number' || budget <= 0) return MISSING;
    return columnPlan(input, spec.column, (price: number) => {
      let step = 0;
      // Multiplied out rather than divided: exact for whole prices, where 1.1 is no exact factor.
      while (
        step < spec.overPercent.length &&
        price * 100 > budget * (100 + spec.overPercent[step]!)
      )
        step++;
      return 1 + step;
    });
  },
};
