import type { Exposure } from '../domain/experiment.ts';
import type { RankingId, Version } from '../domain/ids.ts';
import type { RelatedReport } from '../domain/related.ts';
import type { AnsweredItem } from './answered-item.ts';
import type { RuleReport } from './slate-rules/rule-report.ts';
import type { FilterReport } from './filter/filter-report.ts';

/** The body that answers `POST /v1/rank`. */
export interface RankAnswer {
  readonly rankingId: RankingId;
  /** Epoch ms by the edge's clock: when it was ranked. A visitor's device learns from it how far its own clock is off. */
  readonly at: number;
  readonly weights: Version;
  readonly snapshot: string;
  /** Of the first exposure; `exposures` has all of them where there are several. */
  readonly experiment?: string;
  readonly arm?: string;
  readonly exposures?: readonly Exposure[];
  /** What is live could not be read; something older or the rules ranked. */
  readonly degraded: boolean;
  /** The candidates' own order was kept. */
  readonly siteOrder?: true;
  readonly items: readonly AnsweredItem[];
  /** Where the catalogue has markets. */
  readonly market?: string;
  /** Of the texts of reasons, where the request asked for one. */
  readonly language?: string;
  /** Where reasons are asked for: what filters and exclusions took away. */
  readonly filters?: FilterReport;
  /** Where reasons are asked for: what each rule of the slate did. */
  readonly slateRules?: readonly RuleReport[];
  /** Where related items are asked for: to which, and how many are known. */
  readonly related?: RelatedReport;
  /** Of which part of a list this is; absent of a first page. */
  readonly page?: { readonly offset: number; readonly of: RankingId };
  /** The next page comes for it; absent where none was asked for, or nothing is left. */
  readonly cursor?: string;
  /** Feedback on the ranking comes with it. */
  readonly token: string;
  /** What of the request had no effect. */
  readonly warnings?: readonly string[];
}
