import { ApiError } from '../../shared/domain/errors.ts';
import { parseRankRequest } from '../../shared/domain/rank-request.ts';
import type { RelatedReport } from '../../shared/domain/related.ts';
import { requestInMarket } from '../../shared/features/in-market.ts';
import { attributesAt } from '../../shared/features/columns/item-table.ts';
import { relatedReport } from '../../shared/format/related-bytes.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Reason, SlateItem } from '../../shared/score/answered-item.ts';
import { competing } from '../../shared/score/filter/allowed-rows.ts';
import { explain } from '../../shared/score/explain.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { slateItems } from '../../shared/score/slate-items.ts';
import { toPoints } from '../../shared/score/scorer.ts';
import { filterReport, type FilterReport } from '../../shared/score/filter/filter-report.ts';
import { filteredOut, type FilteredOut } from './filtered-out.ts';
import type { Published } from './published.ts';
import { neighboursOf, type FoundRelated } from './related-reader.ts';
import { withSchemaRules } from './schema-rules.ts';
import { publishedTables } from './published-tables.ts';

export interface PreviewedItem extends SlateItem {
  readonly reasons: readonly Reason[];
  /** By how many points the score was raised for being little known when the slate was drawn. */
  readonly raised: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The slate of one version for a request, with every point explained. */
export interface Preview {
  readonly weights: string;
  readonly name: string;
  readonly kind: string;
  readonly snapshot: string;
  /** How many items compete: those of the catalogue, or of the candidates, that the request's own filters and exclusions leave. */
  readonly competing: number;
  /** The schema's own. */
  readonly filters: readonly FilteredOut[];
  /** What the request's filters and exclusions take away; absent where it has none. */
  readonly asked?: FilterReport;
  /** Which items the slate is beside; absent where the request asks for no related items. */
  readonly related?: RelatedReport;
  readonly items: readonly PreviewedItem[];
}

/**
 * Ranks as the edge would with this version alone, without what was learned since it was published, and without logging anything.
 * @param request the body of a rank request. @param found of the related items that it asks for.
 * @throws ApiError where the edge would refuse it, and where what is like the items that it names cannot be read.
 */
export function preview(
  published: Published,
  request: unknown,
  draw: { readonly seed: number; readonly nowMs: number; readonly explore: boolean },
  found?: FoundRelated,
): Preview {
  const scorer = scorerFromBytes(published.scorer);
  const { schema, exploration } = scorer;
  const { seed, nowMs } = draw;
  const { snapshot, trade, tableFor } = publishedTables(schema, published);
  const given = requestInMarket(parseRankRequest(request, undefined, nowMs), schema, trade);
  const beside = given.related && neighboursOf(found);
  const asked = withSchemaRules(
    beside === undefined ? given : { ...given, related: beside.related },
    schema,
    nowMs,
  );
  const { limit } = asked;
  const table = tableFor(asked.candidates);
  if (table === undefined)
    throw new ApiError(
      409,
      'schema_mismatch',
      `no catalogue of schema ${schema.name} is published: name candidates in the request`,
    );
  const features = schema.features.length;
  const slate = rankSlate(scorer, table, asked, {
    limit,
    seed,
    nowMs,
    exploration: draw.explore ? exploration : { temperature: 0, epsilon: 0, poolSize: limit },
  });
  const report = filterReport(table, asked, schema.filters, nowMs);
  return {
    weights: scorer.version,
    name: scorer.name,
    kind: scorer.kind,
    snapshot,
    competing: competing(table, asked),
    filters: filteredOut(schema, table.table, nowMs),
    ...(report && { asked: report }),
    ...(beside && { related: relatedReport(beside) }),
    items: slateItems(slate).map((item, slot) => ({
      ...item,
      raised: toPoints(slate.raises?.[slot] ?? 0),
      reasons: explain(scorer, slate.codes.subarray(slot * features, (slot + 1) * features)),
      attributes: attributesAt(table.table, table.rows.get(item.id)!),
    })),
  };
}
