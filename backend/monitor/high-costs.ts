import type { Costs } from '../costs/service.ts';
import { found, NOTHING, tooLittleData, type Observation } from './finding.ts';

const KEY = 'costs';

/** Finds that a month would cost more than its limit. */
export async function readHighCosts(costs: Costs): Promise<Observation> {
  const { bill, monthlyLimit } = await costs.estimate();
  if (monthlyLimit === null) return NOTHING;
  if (bill === null) return tooLittleData(KEY);
  if (bill.total <= monthlyLimit) return NOTHING;
  const largest = bill.lines.toSorted((a, b) => b.cost - a.cost)[0];
  return found({
    key: KEY,
    kind: KEY,
    message: `a month like the last days costs some ${bill.total.toFixed(2)} ${bill.currency}, over the limit of ${monthlyLimit}; most of it is ${largest.name}: "trimtab costs" shows each line`,
    details: { total: bill.total, limit: monthlyLimit, largest: largest.name },
  });
}
