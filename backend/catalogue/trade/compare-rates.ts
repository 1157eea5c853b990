import { invalid } from '../../../shared/domain/errors.ts';
import { rateOf, type ExchangeRates } from '../../../shared/domain/exchange-rates.ts';

/** How far a clock may be behind that of a source. */
const DAY_MS = 86_400_000;

/**
 * Refuses rates that are hardly what they say: one that changed by more than `maxChange` times since the rates in force (a decimal point
 * that moved, a currency exchanged for another), a currency that is gone, a day that is to come or lies before the one in force.
 * @throws ApiError 400 naming it.
 */
export function refuseImplausible(
  next: ExchangeRates,
  before: ExchangeRates | undefined,
  {
    maxChange,
    nowMs,
    anyChange,
  }: { readonly maxChange: number; readonly nowMs: number; readonly anyChange: boolean },
): void {
  if (Date.parse(next.day) > nowMs + DAY_MS)
    throw invalid(`they are of ${next.day}, which is still to come`);
  if (before === undefined || anyChange) return;
  if (next.day < before.day)
    throw invalid(`they are of ${next.day}, and those in force of ${before.day}`);
  for (const code of [before.base, ...Object.keys(before.perBase)]) {
    const [now, was] = [crossOf(next, code, before.base), rateOf(before, code)!];
    if (now === undefined) throw invalid(`they lack ${code}, which those in force have`);
    const change = Math.max(now / was, was / now);
    if (change > maxChange)
      throw invalid(
        `${code} went from ${was} to ${Number(now.toPrecision(6))} for one ${before.base}, a factor of ${change.toFixed(2)}, over ${maxChange} ("trimtab markets read --any-change" takes it all the same)`,
      );
  }
}

/** Units of a currency for one of `base`, whatever base the rates have. */
function crossOf(rates: ExchangeRates, code: string, base: string): number | undefined {
  const [of, own] = [rateOf(rates, code), rateOf(rates, base)];
  return of === undefined || own === undefined ? undefined : of / own;
}
