import type { CostSettings } from './settings.ts';

type Prices = CostSettings['prices'];
/** The prices that have a free amount, by which the lines of a bill are named. */
export type Metered = {
  [K in keyof Prices]: Prices[K] extends { readonly included: number } ? K : never;
}[keyof Prices];

/** How much of each is used in a month; of what is stored, how much is there. */
export type MonthlyUsage = Readonly<Record<Metered | 'trainingHours', number>>;

export interface CostLine {
  readonly name: Metered | 'plan' | 'trainingHours';
  /** Of a month. */
  readonly used: number;
  /** What of that costs nothing. */
  readonly included: number;
  /** Of a million, of a GB, of an hour. */
  readonly each: number;
  readonly cost: number;
}

export interface Bill {
  readonly currency: string;
  readonly pricesAsOf: string;
  readonly lines: readonly CostLine[];
  readonly total: number;
}

const MILLION = 1_000_000;
const STORED = /StorageGb$/;

/** A month's bill: the plan, and of each line what goes beyond the included amount. Amounts are not rounded. */
export function estimate(usage: MonthlyUsage, prices: Prices): Bill {
  const { asOf, currency, plan, trainingHour, ...metered } = prices;
  const lines: CostLine[] = [
    { name: 'plan', used: 1, included: 0, each: plan, cost: plan },
    ...(Object.entries(metered) as [Metered, Prices[Metered]][]).map(
      ([name, { included, each }]): CostLine => {
        const beyond = Math.max(0, usage[name] - included);
        const cost = STORED.test(name) ? beyond * each : (beyond / MILLION) * each;
        return { name, used: usage[name], included, each, cost };
      },
    ),
    {
      name: 'trainingHours',
      used: usage.trainingHours,
      included: 0,
      each: trainingHour,
      cost: usage.trainingHours * trainingHour,
    },
  ];
  return {
    currency,
    pricesAsOf: asOf,
    lines,
    total: lines.reduce((sum, { cost }) => sum + cost, 0),
  };
}
