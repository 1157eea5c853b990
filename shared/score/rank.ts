import type { ItemId } from '../domain/ids.ts';
import type { Visit } from '../domain/rank-request.ts';
import { drawSlate } from '../explore/slate.ts';
import { seededRandom } from '../explore/random.ts';
import {
  codesOf,
  encodeRequest,
  indexRows,
  type EncodedRequest,
  type IndexedTable,
} from '../features/encode.ts';
import type { ItemTable } from '../features/columns/item-table.ts';
import { explores, type ExplorationSpec } from '../domain/exploration.ts';
import { compileScores } from './additive.ts';
import { eachRow, joinColumns, type JoinedColumns } from './joined-columns.ts';
import { rerank } from './rerank.ts';
import { toPoints, type Scorer } from './scorer.ts';
import type { Scored } from './top-k.ts';
import { topRows } from './top-rows.ts';

/** An item table, with everything that is computed once per table rather than per request. */
export interface RankableTable {
  readonly table: ItemTable;
  /** Row by item id. */
  readonly rows: ReadonlyMap<string, number>;
  readonly joined: readonly JoinedColumns[];
  /** The group in which each row has its own code. */
  readonly perRow: JoinedColumns;
  /** Of candidates the catalogue, which knows items that the visitor touched before and that do not compete now. */
  readonly catalogue?: IndexedTable;
}

export const rankable = (table: ItemTable): RankableTable => ({
  table,
  rows: indexRows(table),
  joined: joinColumns(table),
  perRow: eachRow(table),
});

/** The ordered items of one ranking. All arrays are by slot, the top slot first. */
export interface Slate {
  readonly ids: readonly ItemId[];
  /** Rows of the item table. */
  readonly rows: readonly number[];
  /** Scores in fixed-point units. */
  readonly units: readonly number[];
  /** Probability of the item at its slot, given the slots above. */
  readonly propensities: readonly number[];
  /** `Uint8Array(slots × F)`. */
  readonly codes: Uint8Array;
}

/** The items that a slate is drawn from, best first; whatever is not among them has a propensity of 0. */
export interface Pool {
  readonly encoded: EncodedRequest;
  readonly best: readonly Scored[];
}

interface PoolOptions {
  readonly limit: number;
  readonly nowMs: number;
  readonly exploration: ExplorationSpec;
}

/**
 * Encodes the request, scores all rows with the first pass, re-ranks the best of them if the scorer has a re-ranker, and keeps
 * the best `poolSize`; without exploration the best `limit`, which then are the slate.
 */
export function poolOf(
  scorer: Scorer,
  { table, rows, joined, perRow, catalogue }: RankableTable,
  visit: Visit,
  { limit, nowMs, exploration }: PoolOptions,
): Pool {
  const encoded = encodeRequest(scorer.schema, table, rows, visit, nowMs, catalogue);
  const poolSize = explores(exploration) ? Math.max(exploration.poolSize, limit) : limit;
  const best = (k: number) =>
    topRows(compileScores(scorer, encoded, joined, perRow, nowMs), Math.min(k, table.ids.length));
  return {
    encoded,
    best:
      scorer.kind === 'additive'
        ? best(poolSize)
        : rerank(scorer, encoded, best(Math.max(scorer.rerank.depth, poolSize))).slice(0, poolSize),
  };
}

/**
 * Ranks a table for one visit: draws the slate from the pool. A pure function of its arguments, so a logged decision replays
 * to the same slate.
 */
export function rankSlate(
  scorer: Scorer,
  items: RankableTable,
  visit: Visit,
  options: PoolOptions & { readonly seed: number },
): Slate {
  const { table } = items;
  const { encoded, best: pool } = poolOf(scorer, items, visit, options);
  const drawn = drawSlate(
    pool.map(({ units }) => toPoints(units)),
    options.limit,
    options.exploration,
    seededRandom(options.seed),
  );
  const shown = drawn.map(({ index }) => pool[index]);
  const shownRows = shown.map(({ row }) => row);
  return {
    ids: shownRows.map((row) => table.ids[row]),
    rows: shownRows,
    units: shown.map(({ units }) => units),
    propensities: drawn.map(({ propensity }) => propensity),
    codes: codesOf(encoded, shownRows),
  };
}
