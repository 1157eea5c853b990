import { ApiError } from '../../shared/domain/errors.ts';
import { parseRankRequest } from '../../shared/domain/rank-request.ts';
import { requestInMarket } from '../../shared/features/in-market.ts';
import type { RelatedReport } from '../../shared/domain/related.ts';
import { relatedReport } from '../../shared/format/related-bytes.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Reason, SlateItem } from '../../shared/score/answered-item.ts';
import { explain } from '../../shared/score/explain.ts';
import { filterReport, type FilterReport } from '../../shared/score/filter/filter-report.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { slateItems } from '../../shared/score/slate-items.ts';
import type { Published } from './published.ts';
import { neighboursOf, type FoundRelated } from './related-reader.ts';
import { withSchemaRules } from './schema-rules.ts';
import { publishedTables } from './published-tables.ts';

/** What `POST /v1/rank` answers, without what belongs to a decision: nothing is logged, so there is no token. */
export interface OfflineRanking {
  readonly weights: string;
  /** Hash of the catalogue; empty where there is none of the version's schema. */
  readonly snapshot: string;
  readonly items: readonly (SlateItem & { readonly reasons?: readonly Reason[] })[];
  readonly filters?: FilterReport;
  readonly related?: RelatedReport;
}

/**
 * @param request the body of a rank request. @param found of the related items that it asks for.
 * @throws ApiError where the edge would refuse it, and where what is like the items that it names cannot be read.
 */
export type OfflineRanker = (
  request: unknown,
  draw: { readonly seed: number; readonly nowMs: number },
  found?: FoundRelated,
) => OfflineRanking;

/**
 * Ranks as the edge does with the version alone: no experiment, no rollout, nothing that was learned since it was published.
 * Of the same request, seed and moment it draws the slate that the edge draws, bit for bit.
 */
export function offlineRanker(published: Published): OfflineRanker {
  const scorer = scorerFromBytes(published.scorer);
  const { schema, exploration } = scorer;
  const features = schema.features.length;
  const { snapshot, isPublished, trade, tableFor } = publishedTables(schema, published);
  return (body, { seed, nowMs }, found) => {
    const asked = requestInMarket(parseRankRequest(body, undefined, nowMs), schema, trade);
    const beside = asked.related && neighboursOf(found);
    const request = withSchemaRules(
      beside === undefined ? asked : { ...asked, related: beside.related },
      schema,
      nowMs,
    );
    const { limit } = request;
    const table = tableFor(request.candidates);
    if (table === undefined)
      throw new ApiError(
        409,
        'schema_mismatch',
        `${!isPublished ? 'no catalogue is published' : `the catalogue is of another schema than weights ${scorer.version}`}: send candidates, or publish a catalogue of schema ${schema.name}`,
      );
    const slate = rankSlate(scorer, table, request, { limit, seed, nowMs, exploration });
    const items = slateItems(slate);
    const filters = request.explain
      ? filterReport(table, request, schema.filters, nowMs)
      : undefined;
    return {
      weights: scorer.version,
      snapshot,
      items: request.explain
        ? items.map((item, slot) => ({
            ...item,
            reasons: explain(scorer, slate.codes.subarray(slot * features, (slot + 1) * features)),
          }))
        : items,
      ...(filters && { filters }),
      ...(beside && { related: relatedReport(beside) }),
    };
  };
}
