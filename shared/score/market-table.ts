import type { MarketOfVisit } from '../domain/market-of-visit.ts';
import { codesFor, type Column, type ItemTable } from '../features/columns/item-table.ts';
import { columnBlocks, type RowBlocks } from './row-blocks.ts';

/** What depends on prices of a table. */
interface Priced {
  readonly table: ItemTable;
  readonly blocks?: RowBlocks;
}

/** By the table, and by the columns that are replaced in it. */
const known = new WeakMap<ItemTable, Map<string, Priced>>();

/**
 * Items with the prices of a market: of a column that the market has a column of its own for, the value is the market's where an item has
 * one, and else the one of all. It is made once per table and market, and to scoring and filters it is a table as any other.
 */
export function inMarket<T extends Priced>(items: T, market: MarketOfVisit | undefined): T {
  const prices = market?.prices;
  if (prices === undefined) return items;
  const { table, blocks } = items;
  let made = known.get(table);
  if (made === undefined) known.set(table, (made = new Map()));
  const key = JSON.stringify(prices);
  let priced = made.get(key);
  if (priced === undefined || (priced.blocks === undefined && blocks !== undefined))
    made.set(key, (priced = withPrices(table, blocks, prices)));
  return { ...items, ...priced };
}

function withPrices(
  table: ItemTable,
  blocks: RowBlocks | undefined,
  prices: Readonly<Record<string, string>>,
): Priced {
  const named = (name: string) => table.columns.find(({ spec }) => spec.name === name);
  const columns = table.columns.map((column) => {
    const own = Object.hasOwn(prices, column.spec.name)
      ? named(prices[column.spec.name])
      : undefined;
    return own === undefined ? column : overlaid(column, own);
  });
  return {
    table: { ...table, columns },
    ...(blocks && {
      blocks: {
        ...blocks,
        columns: blocks.columns.map((own, i) =>
          columns[i] === table.columns[i] ? own : columnBlocks(columns[i], blocks.counts),
        ),
      },
    }),
  };
}

/** The values of `own`, and where it has none, of `column`; both are numbers, or dates. */
function overlaid(column: Column, own: Column): Column {
  const all = [...column.values.slice(1), ...own.values.slice(1)] as number[];
  const values = [...new Set(all)].toSorted((a, b) => a - b);
  const codeOf = new Map(values.map((value, i) => [value, i + 1]));
  const [from, over] = [column, own].map((one) =>
    one.values.map((value, code) => (code === 0 ? 0 : codeOf.get(value as number)!)),
  );
  const codes = codesFor(values.length + 1, column.codes.length);
  for (let row = 0; row < codes.length; row++)
    codes[row] = over[own.codes[row]] || from[column.codes[row]];
  return { spec: column.spec, values: ['', ...values], codes };
}
