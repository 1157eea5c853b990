import { learnedKeys } from '../../shared/score/learned-table.ts';
import { roleOf, type Guarded } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { NEWEST_SCORER_FORMAT } from '../../shared/format/scorer-bytes.ts';
import { NEWEST_PATCH_FORMAT } from '../../shared/format/patch-bytes.ts';
import { NEWEST_SNAPSHOT_FORMAT } from '../../shared/format/snapshot-bytes.ts';
import { cellOf } from '../platform/cell.ts';
import type { ExperimentState } from './experiment-state.ts';
import type { LineageWeights } from './cached-weights.ts';
import type { RankState } from './rank-state.ts';

/**
 * `GET /v1/version`: what this isolate serves, and how long ago it last confirmed that this is live. The pointer holds
 * the salts and ranges of experiments, by which anybody could choose a session id that lands in the arm of their choice,
 * and problems may quote it: only a secret key is told of these.
 */
export async function handleVersion(
  request: Request,
  isolate: RankState & Guarded,
  ctx: ExecutionContext,
): Promise<Response> {
  const { weights, snapshot, learned, misunderstandings, userProofs, decisions, pools, tracing } =
    isolate;
  const [cell, nowMs] = [() => cellOf(request), Date.now()];
  const [live, catalogue] = await Promise.all([
    weights.get(ctx, cell, nowMs),
    snapshot.get(ctx, cell, nowMs),
  ]);
  const reads = learnedKeys(live.scorer.schema).length > 0;
  const columns = reads ? await learned.get(ctx, cell, nowMs) : undefined;
  const lineages = [...(live.lineages?.values() ?? [])];
  const problems = [live, catalogue, columns, ...lineages].flatMap((one) => one?.problem ?? []);
  const forEverybody = {
    weights: live.scorer.version,
    schemaHash: live.scorer.schema.hash,
    snapshot: catalogue.loaded?.hash ?? '',
    ...(columns && { learned: columns.loaded?.part.hash ?? '' }),
    weightsAgeMs: weights.ageMs(nowMs),
    snapshotAgeMs: snapshot.ageMs(nowMs),
    degraded: problems.length > 0,
    ...(live.lineages && { placements: placementsIn(live.lineages) }),
  };
  if ((await roleOf(request, isolate, ctx)) !== 'secret') return jsonResponse(forEverybody);
  const experiments = live.problem === undefined ? live.experiments : undefined;
  const placed = live.problem === undefined ? lineages.flatMap((one) => one.experiments ?? []) : [];
  const states = [...(experiments ? [experiments] : []), ...placed];
  const all = [...problems, ...states.flatMap((one) => one.problems)];
  return jsonResponse({
    ...forEverybody,
    delta: live.delta,
    items: catalogue.loaded?.rankable.table.ids.length ?? 0,
    name: live.scorer.name,
    kind: live.scorer.kind,
    /** A backend makes no scorer that this Worker would refuse. */
    scorerFormat: NEWEST_SCORER_FORMAT,
    /** Nor does it publish a snapshot that this Worker would refuse. */
    snapshotFormat: NEWEST_SNAPSHOT_FORMAT,
    /** To one that does not say so it publishes no patches, but all of a catalogue. */
    patchFormat: NEWEST_PATCH_FORMAT,
    /** A backend sends no online deltas to a Worker that would give them to every session. */
    holdsOut: true,
    /** One that does not say so is sent deltas without numbers, one cell at a time. */
    numbersDeltas: true,
    schema: live.scorer.schema.name,
    ...(all.length > 0 && { problems: all }),
    experiments: states.flatMap(runningIds),
    shadow: experiments?.shadow?.version ?? null,
    pointer: live.pointer ?? null,
    notUnderstood: misunderstandings.counts,
    /** Before signatures are required, this should stay at 0. */
    unsignedUsers: userProofs.unsigned,
    lostDecisions: decisions.lost,
    /** Of trees or a network, that were ranked by the rules, as the isolate was far behind. */
    rankedByRules: isolate.underLoad.rankings,
    /** Spans that were sent, and that nobody will see, since the isolate began. */
    ...(tracing && { traces: tracing.counts }),
    /** How often the best rows of a request were those of an earlier one, and what keeping them takes. */
    pools: { ...pools.counts, sizeBytes: pools.sizeBytes },
  });
}

/** What is served at placements with a lineage of their own; which arms and shadows they have is in the pointer. */
const placementsIn = (lineages: LineageWeights) =>
  Object.fromEntries(
    [...lineages].map(([placement, { scorer, pointer, problem }]) => [
      placement,
      {
        weights: scorer.version,
        schemaHash: scorer.schema.hash,
        hold: pointer?.hold === true,
        degraded: problem !== undefined,
      },
    ]),
  );

/**
 * The experiments that run in this isolate for at least some requests: whatever runs for requests that rank the
 * catalogue also runs for candidate lists.
 */
const runningIds = (experiments: ExperimentState): string[] =>
  (experiments.runnable.candidates.layers ?? []).flatMap((layer) =>
    layer.experiments.map(({ id }) => id),
  );
