import type { Visit } from '../domain/rank-request.ts';
import { codesOf, encodeRequest } from '../features/encode.ts';
import { allowedRows } from './filter/allowed-rows.ts';
import { hasRow } from './filter/row-bits.ts';
import { inMarket } from './market-table.ts';
import type { RankableTable } from './rankable.ts';
import type { Slate } from './rank.ts';
import { finalUnits } from './rerank.ts';
import type { Scorer } from './scorer.ts';

/**
 * The first items of a table in the order that they have there, as a slate that nobody drew: every slot has a propensity of 1. Scores
 * and codes are those that the scorer would rank by, so that what came of it teaches as any other slate does. The schema's filters leave
 * nothing out, as the order is the caller's, and so is what is in it; what the request itself does not allow is left out. Only what is shown is
 * scored.
 */
export function slateInGivenOrder(
  scorer: Scorer,
  items: RankableTable,
  visit: Visit,
  { limit, nowMs }: { readonly limit: number; readonly nowMs: number },
): Slate {
  const { table, rows, catalogue } = inMarket(items, visit.market);
  const encoded = encodeRequest(scorer.schema, table, rows, visit, nowMs, catalogue);
  const allowed = allowedRows(items, visit);
  const shown = Array.from(table.ids, (_, row) => row)
    .filter((row) => allowed === undefined || hasRow(allowed.bits, row))
    .slice(0, limit);
  const codes = codesOf(encoded, shown);
  const features = encoded.plans.length;
  return {
    ids: shown.map((row) => table.ids.at(row)!),
    rows: shown,
    units: shown.map((row) => finalUnits(scorer, codes, row * features)),
    propensities: shown.map(() => 1),
    codes,
  };
}
