import type { Filter } from '../../domain/filter.ts';
import type { ItemId } from '../../domain/ids.ts';
import type { Visit } from '../../domain/rank-request.ts';
import type { SlateRules } from '../../domain/slate-rules.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import type { RowsById } from '../../features/columns/row-index.ts';
import { Kept, KeptRoom } from '../../memory/kept.ts';
import { messageOf } from '../../text/message-of.ts';
import type { SomeCodes } from '../filter/code-filter.ts';
import { named } from '../filter/filter-rows.ts';
import { keptCondition } from '../filter/kept-rows.ts';
import { inMarket } from '../market-table.ts';
import type { RowBits } from '../filter/row-bits.ts';
import { rowsWith } from '../filter/rows-with.ts';
import { FEW_CODES, type ClosedCodes } from '../close-codes.ts';
import { numberOf } from '../number-of.ts';
import { toUnits } from '../fixed-point.ts';
import { groupsOf, type Groups } from './groups.ts';

/** Rules as they hold for one page over one table. */
export interface CompiledRules {
  readonly caps: readonly Cap[];
  readonly quotas: readonly Quota[];
  /** Row by slot of this page, from 0, whether it may be shown or not. */
  readonly pins: ReadonlyMap<number, number>;
  /** Rows that pins of other pages hold, which are not drawn here. */
  readonly elsewhere: readonly number[];
  readonly boosts: readonly Boost[];
  /** Rows of the pages above. */
  readonly above: readonly number[];
  /** Rules that cannot be applied, and why: those of a schema or an operator never break a ranking. */
  readonly problems: readonly Problem[];
}

export interface Cap {
  readonly groups: Groups;
  readonly most: number;
  readonly collapse: boolean;
}

export interface Quota {
  /** Its place among the quotas of the request: those with a problem are not here. */
  readonly index: number;
  readonly bits: RowBits;
  /** What all other rows have, where it is of one column alone. */
  readonly others: ClosedCodes | undefined;
  readonly least: number;
  /** The first slot of this page that it does not reach to. */
  readonly end: number;
}

export interface Boost {
  /** As that of a quota. */
  readonly index: number;
  readonly bits: RowBits;
  readonly units: number;
  /** The same as a list of rows, where the boost is of a list of items. */
  readonly ids?: readonly number[];
  /** The same as codes of one column; undefined where it is not of one column alone. */
  readonly codes: SomeCodes | undefined;
}

/** A rule by its kind and its place among those of that kind. */
export interface Problem {
  readonly kind: keyof SlateRules;
  readonly index: number;
  readonly why: string;
}

interface Items {
  readonly table: ItemTable;
  readonly rows: RowsById;
}

/**
 * @param limit slots of the page: a quota within more than these holds in proportion, rounded down.
 * @returns undefined where the visit has no rules. @throws ApiError 400 where one that the request asks for names a column that the table
 * does not have.
 */
export function compileRules(
  all: Items,
  { slateRules: rules, shown = NONE, market }: Pick<Visit, 'slateRules' | 'shown' | 'market'>,
  limit: number,
): CompiledRules | undefined {
  if (rules === undefined) return undefined;
  const items = inMarket(all, market);
  return shown === NONE
    ? ofFirstPage(items, rules, limit)
    : ofFurtherPage(items, rules, shown, limit);
}

const NONE: readonly ItemId[] = [];

/** Of the rules that are asked for again and again, by table: those of an operator and of a site's page. */
const MOST_KEPT = 64;
const LEAST_BYTES = 2 ** 15;
const kept = new WeakMap<ItemTable, Kept<CompiledRules>>();

/** Equal rules of requests are one object (`ReadOnce`), and so are what operators and a schema ask besides them. */
function ofFirstPage(items: Items, rules: SlateRules, limit: number): CompiledRules {
  const { table } = items;
  let own = kept.get(table);
  if (own === undefined) {
    const bytes = MOST_KEPT * LEAST_BYTES;
    kept.set(table, (own = new Kept(bytes, new KeptRoom(bytes))));
  }
  const key = `${numberOf(rules)} ${limit}`;
  const before = own.get(key);
  if (before !== undefined) return before;
  const compiled = compile(items, rules, NONE, limit);
  const bits = [...compiled.quotas, ...compiled.boosts].map((one) => one.bits.byteLength);
  own.set(key, compiled, Math.max(LEAST_BYTES, ...bits) * Math.max(1, bits.length));
  return compiled;
}

/** By the pages above what was made of rules last: a request is ranked by several versions. */
const latest = new WeakMap<
  readonly ItemId[],
  {
    readonly table: ItemTable;
    readonly rules: SlateRules;
    readonly limit: number;
    readonly compiled: CompiledRules;
  }
>();

function ofFurtherPage(
  items: Items,
  rules: SlateRules,
  shown: readonly ItemId[],
  limit: number,
): CompiledRules {
  const before = latest.get(shown);
  if (
    before !== undefined &&
    before.table === items.table &&
    before.rules === rules &&
    before.limit === limit
  )
    return before.compiled;
  const compiled = compile(items, rules, shown, limit);
  latest.set(shown, { table: items.table, rules, limit, compiled });
  return compiled;
}

function compile(
  items: Items,
  { caps = [], quotas = [], pins = [], boosts = [] }: SlateRules,
  shown: readonly ItemId[],
  limit: number,
): CompiledRules {
  const { table, rows } = items;
  const problems: Problem[] = [];
  const each = <T extends { readonly by?: string }, C>(
    kind: keyof SlateRules,
    list: readonly T[],
    make: (one: T, path: string, index: number) => C | string,
  ): C[] =>
    list.flatMap((one, index) => {
      try {
        const made = make(one, `slateRules.${kind}[${index}]`, index);
        if (typeof made !== 'string') return [made];
        problems.push({ kind, index, why: made });
      } catch (error) {
        if (one.by === undefined) throw error;
        problems.push({ kind, index, why: messageOf(error) });
      }
      return [];
    });
  const offset = shown.length;
  const slots = new Map<number, number>();
  const elsewhere: number[] = [];
  each('pins', pins, ({ id, position }) => {
    const row = rows.get(id);
    if (row === undefined) return `there is no item ${id} to choose from`;
    const slot = position - 1 - offset;
    if (slot >= 0 && slot < limit) slots.set(slot, row);
    else elsewhere.push(row);
    return row;
  });
  return {
    caps: each('caps', caps, ({ column, most, collapse = false }, path) => ({
      groups: groupsOf(named(table, column, `${path}.column`)),
      most,
      collapse,
    })),
    quotas: each('quotas', quotas, ({ where, least, within }, path, index) => ({
      index,
      ...membersOf(table, where, `${path}.where`),
      least: within <= limit ? least : Math.floor((least * limit) / within),
      end: Math.min(within, limit),
    })),
    pins: slots,
    elsewhere,
    boosts: each('boosts', boosts, ({ where, ids = [], points }, path, index) => {
      const units = toUnits(points);
      if (where === undefined) {
        const own = [...new Set(ids)].flatMap((id) => rows.get(id) ?? []);
        return { index, bits: rowsWith(items, ids), units, ids: own, codes: undefined };
      }
      const { bits, codes } = keptCondition(table, where, `${path}.where`);
      return { index, bits, units, codes };
    }),
    above: shown.flatMap((id) => rows.get(id) ?? []),
    problems,
  };
}

function membersOf(table: ItemTable, where: Filter, path: string): Pick<Quota, 'bits' | 'others'> {
  const { bits, codes } = keptCondition(table, where, path);
  if (codes === undefined || codes.isOne.length > FEW_CODES) return { bits, others: undefined };
  const others = [...codes.isOne.keys()].filter((code) => codes.isOne[code] === 0);
  return { bits, others: { column: table.columns[codes.column], codes: others } };
}
