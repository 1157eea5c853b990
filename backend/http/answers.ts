import type { ExtractSchema } from 'hono/types';
import type { SuccessStatusCode } from 'hono/utils/http-status';
import type { BackendApi } from './app.ts';

export type Routes = ExtractSchema<BackendApi>;

/** The JSON that a route answers with when it succeeds, by its path and method: `Answer<'/v1/status'>`. */
export type Answer<
  Path extends keyof Routes,
  Method extends keyof Routes[Path] = '$get' & keyof Routes[Path],
> =
  Extract<Routes[Path][Method], { status: SuccessStatusCode; outputFormat: 'json' }> extends {
    output: infer Output;
  }
    ? Output
    : never;

/** Names for answers, and for parts of them, that are shown by more than one module. */
export type Status = Answer<'/v1/status'>;
export type FeedState = Status['feeds'][number];
export type LiveWeights = NonNullable<Status['weights']>;
export type Run = Answer<'/v1/runs/:id'>;
export type Alert = Answer<'/v1/alerts'>['alerts'][number];
export type Holdout = Answer<'/v1/experiments/holdout'>;
export type Objectives = Answer<'/v1/objectives'>;
export type DataQuality = Answer<'/v1/data/quality'>;
export type AuditEntry = Answer<'/v1/audit'>['entries'][number];
export type SlateRule = Answer<'/v1/slate-rules'>['rules'][number];
export type Experiment = Answer<'/v1/experiments'>['experiments'][number];
export type ExperimentWithReport = Answer<'/v1/experiments/:id'>;
export type Rollout = Answer<'/v1/rollouts'>['rollouts'][number];
export type RolloutWithDecisions = Answer<'/v1/rollouts/:id'>;
export type ErasureReceipt = Answer<'/v1/users/erasures'>['erasures'][number];
export type MetricWeights = Answer<'/v1/metric-weights/:schema'>;
export type BusinessFigures = Answer<'/v1/business'>;
export type BusinessGroup = BusinessFigures['groups'][number];
export type BusinessDay = BusinessFigures['days'][number];
export type BusinessItem = Answer<'/v1/business/items'>['items'][number];
export type BusinessSearch = Answer<'/v1/business/searches'>['searches'][number];
export type PageActivity = Answer<'/v1/business/page'>['activity'];
export type Anomalies = Answer<'/v1/data/anomalies'>;
export type DataSpread = Answer<'/v1/data/spread'>;
export type Exposure = Answer<'/v1/data/exposure'>;
export type ReviewedSession = Answer<'/v1/data/sessions'>['sessions'][number];
export type TrainingExclusion = Answer<'/v1/data/exclusions'>['exclusions'][number];
/** What a slate rule holds, and the filters within it: the route's own type says `any`, as a filter is recursive. */
export type { SlateRules } from '../../shared/domain/slate-rules.ts';
export type { Filter } from '../../shared/domain/filter.ts';
