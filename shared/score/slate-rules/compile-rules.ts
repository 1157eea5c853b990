import type { ItemId } from '../../domain/ids.ts';
import type { Visit } from '../../domain/rank-request.ts';
import type { SlateRules } from '../../domain/slate-rules.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import type { RowsById } from '../../features/columns/row-index.ts';
import { messageOf } from '../../text/message-of.ts';
import { named } from '../filter/filter-rows.ts';
import { keptRows } from '../filter/kept-rows.ts';
import { inMarket } from '../market-table.ts';
import type { RowBits } from '../filter/row-bits.ts';
import { rowsWith } from '../filter/rows-with.ts';
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
  readonly least: number;
  /** The first slot of this page that it does not reach to. */
  readonly end: number;
}

interface Boost {
  /** As that of a quota. */
  readonly index: number;
  readonly bits: RowBits;
  readonly units: number;
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
  const before = latest.get(rules);
  if (
    before !== undefined &&
    before.table === items.table &&
    before.limit === limit &&
    before.shown === shown
  )
    return before.compiled;
  const compiled = compile(items, rules, shown, limit);
  latest.set(rules, { table: items.table, limit, shown, compiled });
  return compiled;
}

const NONE: readonly ItemId[] = [];

/** By rules what was made of them last: a request is ranked by several versions, and an operator's rules are those of many requests. */
const latest = new WeakMap<
  SlateRules,
  {
    readonly table: ItemTable;
    readonly limit: number;
    readonly shown: readonly ItemId[];
    readonly compiled: CompiledRules;
  }
>();

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
      bits: keptRows(table, where, `${path}.where`),
      least: within <= limit ? least : Math.floor((least * limit) / within),
      end: Math.min(within, limit),
    })),
    pins: slots,
    elsewhere,
    boosts: each('boosts', boosts, ({ where, ids = [], points }, path, index) => ({
      index,
      bits: where === undefined ? rowsWith(items, ids) : keptRows(table, where, `${path}.where`),
      units: toUnits(points),
    })),
    above: shown.flatMap((id) => rows.get(id) ?? []),
    problems,
  };
}
