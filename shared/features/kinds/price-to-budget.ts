import { COMPARED_PLACES } from '../../domain/exchange-rates.ts';
import { own } from '../../domain/own.ts';
import type { Range } from '../../domain/rank-request.ts';
import { needsColumn, needsRising } from './check.ts';
import { columnOf, runsPlan, MISSING, stepOf, type BucketKind } from './kind.ts';

/**
 * How far a price is over the budget: bucket i + 1 if by at
 * most `overPercent[i]` percent, the last bucket if by more.
 */
export interface PriceToBudgetSpec {
  readonly name: string;
  readonly kind: 'price-to-budget';
  readonly column: string;
  /** A number, or a range whose `max` is the budget. */
  readonly preference: string;
  readonly overPercent: readonly number[];
}

/**
 * Relative tolerance, since decimal prices are not exact in
 * binary: far below a cent and far above the rounding error.
 */
const TOLERANCE = 1e-12;

export const priceToBudget: BucketKind<PriceToBudgetSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['number']) ?? needsRising('overPercent', spec.overPercent),
  size: (spec) => spec.overPercent.length + 2,
  label({ overPercent }, bucket) {
    if (bucket === 1 && overPercent[0] === 0) return 'within budget';
    if (bucket > overPercent.length) return `over by more than ${overPercent.at(-1)} %`;
    const [from, to] = [overPercent[bucket - 2], overPercent[bucket - 1]];
    return from === undefined || from === 0
      ? `over by up to ${to} %`
      : `over by ${from} to ${to} %`;
  },
  plan(spec, input) {
    const preference = own(input.visit.preferences, spec.preference);
    const budget =
      typeof preference === 'number' ? preference : (preference as Range | undefined)?.max;
    if (typeof budget !== 'number' || budget <= 0) return MISSING;
    const { currency } = input.table.columns[columnOf(input, spec.column)].spec;
    // Price and budget may both have been converted, and each is off by half of the last place.
    const off = currency === undefined ? 0 : 10 ** -COMPARED_PLACES / 2;
    const limits = spec.overPercent.map(
      (over) => budget * (100 + over) * (1 + TOLERANCE) + off * (200 + over),
    );
    return runsPlan(input, spec, budget, (price) => 1 + stepOf(limits, price * 100));
  },
};
