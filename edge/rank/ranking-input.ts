import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { ServedRule } from '../../shared/domain/placed-rules.ts';
import type { Visitor } from '../../shared/explore/assign.ts';
import type { Trade } from '../../shared/domain/trade.ts';
import { requestInMarket } from '../../shared/features/in-market.ts';
import { SITE_ARM } from '../../shared/domain/apprentice.ts';
import { candidateTable } from '../../shared/score/candidate-table.ts';
import { learnedKeys } from '../../shared/score/learned-table.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import { experimentPlanOf, type ExperimentPlan, type ServingConfig } from './experiment-plan.ts';
import type { CachedLearned } from './learned-cache.ts';
import { weightsFor } from './held-out.ts';
import { fittingRules } from './bundled-rules.ts';
import { weightsAt } from './lineage-weights.ts';
import { canRank, placedPair } from './placed-pair.ts';
import type { RankState } from './rank-state.ts';
import { orderArmOf, type OrderArm } from './order-arm.ts';
import { awaitsItems, type LoadedSnapshot } from './snapshot-cache.ts';
import type { CachedWeights } from './cached-weights.ts';

/** Which items a ranking chooses from, and with which weights. */
export interface RankingInput {
  /** As it is ranked: of its market, with amounts in the currency of the schema. */
  readonly request: RankRequest;
  /** In which markets and currencies the snapshot is sold. */
  readonly trade?: Trade;
  readonly config: ServingConfig;
  /** Absent while experiments pause. */
  readonly plan?: ExperimentPlan;
  readonly table: RankableTable;
  /** The catalogue that the table's items are looked up in; undefined when there is none of the schema. */
  readonly catalogue: RankableTable | undefined;
  /** Hash of the snapshot that was read; empty if none was. */
  readonly snapshot: string;
  /** True when weights, snapshot or learned columns may be out of date. */
  readonly degraded: boolean;
  /** As `Decision.pointerRevision`. */
  readonly pointerRevision?: number;
  /** What operators ask of slates; absent where no pointer says anything of it. */
  readonly operators?: readonly ServedRule[];
  /** Only where Trimtab is an apprentice, and there is an order of the site's own to keep. */
  readonly order?: OrderArm;
}

/**
 * Decides what a ranking chooses from: the caller's candidates if there are any, otherwise the live snapshot.
 * @param pinned the version that the caller asks for by name; undefined: what is live. @param visitor decides the arms.
 * @throws ApiError 404 for an unknown pinned version, 409 when weights and catalogue have different schemas, 503
 * `no_catalogue` when there is no candidate list, and no catalogue either or one whose first items are still on their way:
 * a page that knows this can show what it has of its own. A catalogue that was emptied is one; its ranking is empty.
 */
export async function rankingInputOf(
  state: Omit<RankState, 'decisions'>,
  request: RankRequest,
  { pinned, visitor }: { pinned: Version | undefined; visitor: Visitor },
  { ctx, cell, nowMs }: { ctx: ExecutionContext; cell: () => string; nowMs: number },
): Promise<RankingInput> {
  const loaded = await state.weights.get(ctx, cell, nowMs);
  const { loaded: snapshot, problem } = await state.snapshot.get(ctx, cell, nowMs);
  const live = fittingRules(loaded, snapshot);
  const { placement } = request;
  const weights: CachedWeights =
    pinned === undefined
      ? weightsAt(live, placement)
      : { scorer: await state.pinnedScorers.get(pinned), delta: 0 };
  const learnedOf = async ({ scorer: { schema } }: CachedWeights): Promise<CachedLearned> =>
    learnedKeys(schema).length === 0 ? {} : state.learned.get(ctx, cell, nowMs);
  const degraded = problem !== undefined;
  if (request.candidates !== undefined) {
    const learned = await learnedOf(weights);
    return inputFromCandidates(request, visitor, weights, { snapshot, degraded, live }, learned);
  }
  if (snapshot === undefined || awaitsItems(snapshot)) {
    throw new ApiError(
      503,
      'no_catalogue',
      // Why, is told by `/v1/version`, to a secret key only: it may quote what KV holds.
      `${problem === undefined ? 'no catalogue is published yet' : 'the catalogue cannot be read'}: send candidates, or publish a catalogue`,
      undefined,
      Math.ceil(state.settings.refreshMs / 1000),
    );
  }
  const common =
    pinned === undefined ? state.lastCompatiblePair.pairFor(live, snapshot) : undefined;
  const pair =
    pinned !== undefined
      ? { weights, snapshot }
      : weights === live || common === undefined
        ? common
        : placedPair(common, weights);
  if (
    pair === undefined ||
    !canRank(pair.weights.scorer.schema, pair.snapshot, (common?.weights ?? live).scorer.schema)
  ) {
    throw new ApiError(
      409,
      'schema_mismatch',
      `weights ${weights.scorer.version} are of schema ${weights.scorer.schema.name} (${weights.scorer.schema.hash}), the catalogue is of ${snapshot.schemaHash}: send candidates, or publish a catalogue of that schema`,
    );
  }
  const learned = await learnedOf(pair.weights);
  const { schema } = pair.weights.scorer;
  const { trade } = pair.snapshot;
  return {
    request: requestInMarket(request, schema, trade),
    table: state.learnedTables.of(pair.snapshot.rankable, schema, learned.loaded?.part),
    catalogue: pair.snapshot.rankable,
    snapshot: pair.snapshot.hash,
    degraded: [{ problem }, pair.weights, learned].some(isUnconfirmed),
    ...(trade && { trade }),
    ...configFor(pair.weights, visitor, 'catalogue', placement),
  };
}

function inputFromCandidates(
  request: RankRequest,
  visitor: Visitor,
  weights: CachedWeights,
  {
    snapshot,
    degraded,
    live,
  }: { snapshot: LoadedSnapshot | undefined; degraded: boolean; live: CachedWeights },
  learned: CachedLearned,
): RankingInput {
  const order = orderArmOf(weights.pointer, request, visitor);
  // Where no version ranks, no experiment on versions takes place.
  const chosen =
    order?.arm === SITE_ARM
      ? { config: { weights } }
      : configFor(weights, visitor, 'candidates', request.placement);
  const { schema } = chosen.config.weights.scorer;
  const usable = snapshot && canRank(schema, snapshot, live.scorer.schema) ? snapshot : undefined;
  const trade = usable?.trade;
  const own = requestInMarket(request, schema, trade);
  return {
    request: own,
    table: candidateTable(schema, own.candidates!, usable?.rankable, learned.loaded?.part),
    catalogue: usable?.rankable,
    snapshot: usable?.hash ?? '',
    degraded: degraded || [weights, learned].some(isUnconfirmed),
    ...(trade && { trade }),
    ...chosen,
    ...(order && { order }),
  };
}

const isUnconfirmed = ({ problem }: { readonly problem?: string }) => problem !== undefined;

function configFor(
  weights: CachedWeights,
  visitor: Visitor,
  source: 'catalogue' | 'candidates',
  placement: string,
) {
  const plan = experimentPlanOf(weights, visitor, source, placement);
  const pointerRevision = weights.problem === undefined ? weights.pointer?.revision : undefined;
  return {
    ...(plan === undefined
      ? { config: { weights: weightsFor(weights, visitor) } }
      : { config: plan.configOf(plan.resolved), plan }),
    ...(pointerRevision !== undefined && { pointerRevision }),
    ...(weights.pointer?.slateRules && { operators: weights.pointer.slateRules }),
  };
}
