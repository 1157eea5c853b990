import type { SlateRules } from '../../domain/slate-rules.ts';
import { ApiError } from '../../domain/errors.ts';
import { AskedPrices } from '../../features/asked-prices.ts';
import { packItems } from '../../features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../features/schema.ts';
import { filterRows, named } from '../filter/filter-rows.ts';

/**
 * Whether rules can be applied to a catalogue of a schema: each column is there, and of a type that its condition is for. Whether a pinned item
 * is there is for each catalogue to say. Amounts are in the currency of the schema: these rules stand whatever the exchange rates are.
 * @param path names the rules in errors. @throws ApiError 400 naming the part, and the columns that there are.
 */
export function checkRules(
  schema: Pick<Schema, 'columns' | 'features'>,
  rules: SlateRules,
  path: string,
): void {
  const { caps = [], quotas = [], boosts = [] } = rules;
  const table = packItems(schema.columns, []);
  caps.forEach(({ column }, i) => named(table, column, `${path}.caps[${i}].column`));
  quotas.forEach(({ where }, i) => filterRows(table, where, `${path}.quotas[${i}].where`));
  boosts.forEach(({ where }, i) => where && filterRows(table, where, `${path}.boosts[${i}].where`));
  new AskedPrices(schema, { currency: undefined, rates: undefined }).rules(rules, path);
}

/**
 * Reads a schema as somebody gives it, whose rules of slates must be of columns that it has. Edges read what is stored without it, and leave out
 * what they cannot apply.
 * @throws ApiError 400.
 */
export function parseGivenSchema(value: unknown): Schema {
  const schema = parseSchema(value);
  for (const [placement, rules] of Object.entries(schema.slateRules ?? {}))
    try {
      checkRules(schema, rules, `slateRules.${placement}`);
    } catch (error) {
      throw error instanceof ApiError
        ? new ApiError(400, 'invalid_schema', `schema: ${error.message}`)
        : error;
    }
  return schema;
}
