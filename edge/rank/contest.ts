import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { RankableTable } from '../../shared/score/rank.ts';
import type { Isolate } from '../isolate.ts';
import { candidateTable } from './candidate-table.ts';
import type { LoadedSnapshot } from './live-snapshot.ts';
import type { WeightsState } from './live-weights.ts';
import { planOf, type Plan, type Serving } from './plan.ts';

/** Which items compete, and by which weights. */
export interface Contest {
  readonly serving: Serving;
  /** Absent where experiments have no say. */
  readonly plan?: Plan;
  readonly table: RankableTable;
  /** Hash of the snapshot that was read; empty when none was. */
  readonly snapshot: string;
  readonly degraded: boolean;
}

/** @throws ApiError 404 for an unknown pinned version, 409 when weights and catalogue do not fit, 503 without a catalogue. */
export async function contestOf(
  isolate: Isolate,
  asked: RankRequest,
  pinned: Version | undefined,
  when: { ctx: ExecutionContext; cell: string; nowMs: number },
): Promise<Contest> {
  const { ctx, cell, nowMs } = when;
  const weights: WeightsState =
    pinned === undefined
      ? await isolate.weights.get(ctx, cell, nowMs)
      : { scorer: await isolate.pinned.get(pinned), delta: 0 };
  const { snapshot, problem } = await isolate.snapshot.get(ctx, cell, nowMs);
  const degraded = problem !== undefined;
  if (asked.candidates !== undefined) return amongCandidates(asked, weights, snapshot, degraded);
  if (snapshot === undefined) {
    throw new ApiError(
      503,
      'no_catalogue',
      `${problem ?? 'no catalogue is published'}: send candidates, or publish a catalogue`,
    );
  }
  const pair =
    pinned === undefined ? isolate.lastPair.fitting(weights, snapshot) : { weights, snapshot };
  if (pair?.weights.scorer.schema.hash !== pair?.snapshot.schemaHash || pair === undefined) {
    throw new ApiError(
      409,
      'schema_mismatch',
      `weights ${weights.scorer.version} are of schema ${weights.scorer.schema.name} (${weights.scorer.schema.hash}), the catalogue is of ${snapshot.schemaHash}: send candidates, or publish a catalogue of that schema`,
    );
  }
  return {
    ...served(pair.weights, asked, 'catalogue'),
    table: pair.snapshot.rankable,
    snapshot: pair.snapshot.hash,
    degraded: degraded || pair.weights.problem !== undefined,
  };
}

function amongCandidates(
  asked: RankRequest,
  weights: WeightsState,
  snapshot: LoadedSnapshot | undefined,
  degraded: boolean,
): Contest {
  const chosen = served(weights, asked, 'candidates');
  const { schema } = chosen.serving.weights.scorer;
  const known = snapshot?.schemaHash === schema.hash ? snapshot : undefined;
  return {
    ...chosen,
    table: candidateTable(schema, asked.candidates!, known?.rankable),
    snapshot: known?.hash ?? '',
    degraded: degraded || weights.problem !== undefined,
  };
}

function served(weights: WeightsState, asked: RankRequest, over: 'catalogue' | 'candidates') {
  const plan = planOf(weights, asked, over);
  return plan === undefined
    ? { serving: { weights } }
    : { serving: plan.servingOf(plan.resolved), plan };
}
