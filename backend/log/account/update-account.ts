import type { Store } from '../../store/open.ts';
import { creditOutcomes } from './credit-outcomes.ts';
import { closeDays } from './close-days.ts';
import { countDays } from './count-days.ts';
import { classifyLog } from './classify-log.ts';
import { settleOpenOrders } from './orders/settle-orders.ts';
import type { Rules } from './rules.ts';

/**
 * Brings the account of what people did up to date with the log. Every reader asks for it before it reads. Doing it twice,
 * after a crash, or on several backends at a time changes nothing.
 */
export async function updateAccount(
  store: Pick<Store, 'db' | 'write'>,
  rules: Rules,
  nowMs: number,
): Promise<void> {
  await settleOpenOrders(store, rules, nowMs);
  await classifyLog(store, rules);
  await creditOutcomes(store, rules);
  await closeDays(store, rules, nowMs);
  await countDays(store);
}
