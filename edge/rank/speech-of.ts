import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { Trade } from '../../shared/domain/trade.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { Speech } from '../../shared/features/speech.ts';
import type { AnsweredItem } from '../../shared/score/answered-item.ts';
import { inMarket } from '../../shared/score/market-table.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';

/**
 * How the answer to a request says reasons and amounts; undefined where it has neither to say in a language. A language that there are no texts
 * of falls back to that of the market, and then to English.
 * @param request in its market.
 */
export function speechOf(
  schema: Schema,
  { language, amounts, explain, currency, context }: RankRequest,
  trade: Trade | undefined,
): Speech | undefined {
  const isAsked = amounts !== undefined || (explain && language !== undefined);
  if (!isAsked) return undefined;
  const market = trade?.markets?.markets[String(context.market)]?.language;
  return new Speech(schema, {
    languages: [language, market].filter((one) => one !== undefined),
    currency,
    rates: trade?.rates,
  });
}

/** Items with the prices that the request asks for, of its market. */
export function withAmounts(
  items: readonly AnsweredItem[],
  ranked: RankableTable,
  { amounts, market }: RankRequest,
  speech: Speech,
): readonly AnsweredItem[] {
  if (amounts === undefined) return items;
  const { table } = inMarket(ranked, market);
  const columns = table.columns.filter(({ spec }) => amounts.includes(spec.name));
  return items.map((item) => {
    const row = ranked.rows.get(item.id)!;
    const prices = columns.flatMap(({ spec, values, codes }) => {
      const code = codes[row];
      const amount = code === 0 ? undefined : speech.amount(values[code] as number);
      return amount === undefined ? [] : [[spec.name, amount] as const];
    });
    return { ...item, amounts: Object.fromEntries(prices) };
  });
}
