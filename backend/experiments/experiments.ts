import { and, count, eq } from 'drizzle-orm';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import type { ExperimentArm } from '../../shared/domain/experiment.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import type { MetricDefinition } from '../../shared/domain/metric.ts';
import { placingOf } from './experiment-placements.ts';
import { lineageAskedFor } from '../models/lineage-asked-for.ts';
import { readLive } from '../models/live-pointer.ts';
import { serial } from '../process/serial.ts';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import { checkArms, isAA, withVersions } from './check-arms.ts';
import {
  claimsOf,
  draftOf,
  rangeOf,
  shareOf,
  type Experiment,
  type NewExperiment,
} from './new-experiment.ts';
import type { Ramp } from './ramp.ts';
import { grown } from './ranges.ts';
import { readExperiment } from './read-experiments.ts';
import { MAX_RUNNING, recordChange, recordDraft } from './record-change.ts';

/** What people do with experiments. `by` goes into the audit log; what is served follows at once. */
export interface Experiments {
  /** Metrics that the configuration declares, which experiments may ask for by name. */
  readonly ownMetrics: readonly MetricDefinition[];
  /** @throws ApiError as `draftOf` */
  create(asked: NewExperiment, by: string): Promise<Experiment>;
  /**
   * @param freezeWeights whether its report goes on using the metric weights that are in force now, whatever is learned meanwhile.
   * @throws ApiError 409 where it runs or is over, too many run, or the pointer is held.
   */
  start(id: string, by: string, freezeWeights: boolean): Promise<Experiment>;
  /** @param reason goes into the audit log. @throws ApiError 409 where it does not run. */
  stop(id: string, by: string, reason?: string): Promise<Experiment>;
  /** @param share of the layer's units; only more than before: units that take part stay in their arms. */
  widen(id: string, share: number, by: string): Promise<Experiment>;
  /** Takes a step of its ramp. @param read as the step was decided by. @throws ApiError 409 `overtaken` where it was held or changed since. */
  stepRamp(read: Experiment, share: number, by: string): Promise<Experiment>;
  /** No step of its ramp is taken until `resumeRamp`. @throws ApiError 409 where it has none, is held already, or is over. */
  holdRamp(id: string, by: string, reason: string): Promise<Experiment>;
  /** Steps are taken again, counted from now on. @throws ApiError 409 where it is not held, or is over. */
  resumeRamp(id: string, by: string): Promise<Experiment>;
  /** Gives an arm another version, such as one that was trained for it. */
  moveArm(id: string, arm: string, version: Version, by: string): Promise<Experiment>;
}

export interface ExperimentsDeps {
  readonly store: Store;
  /** Writes the pointer again, with the current traffic. */
  readonly refreshTraffic: (by: string) => Promise<void>;
  /** Row of the metric weights in force for a version's schema; 0 where the schema's own are. */
  readonly weightsInForce: (version: Version) => Promise<number>;
  /** Metrics that the configuration declares. */
  readonly ownMetrics: readonly MetricDefinition[];
  /** The layer of a placement's experiments, where the configuration names one. */
  readonly layerAt: (placement: string) => string | undefined;
  readonly nowMs: () => number;
}

const ATTEMPTS = 10;

const isOvertaken = (error: unknown) => error instanceof ApiError && error.code === 'overtaken';

export function experimentsOf({
  store,
  refreshTraffic,
  weightsInForce,
  ownMetrics,
  layerAt,
  nowMs,
}: ExperimentsDeps): Experiments {
  const inTurn = serial();
  const livePointer = async () => (await readLive(store))?.pointer;

  /**
   * Row and audit entry, then the pointer: after a crash in between, the pointer follows when a backend starts again. Where the
   * pointer cannot be written, the row is changed back.
   */
  const change = async (
    before: Experiment,
    fields: Partial<Experiment>,
    action: string,
    by: string,
    details: Record<string, unknown>,
  ): Promise<Experiment> => {
    const entry = (what: string) => ({
      at: nowMs(),
      actor: by,
      action: what,
      subject: before.id,
      details: { name: before.name, ...details },
    });
    const after = { ...before, ...fields };
    await recordChange(store, before, fields, entry(action));
    try {
      await refreshTraffic(by);
    } catch (error) {
      await recordChange(store, after, before, entry(`${action}: taken back`));
      throw error;
    }
    return after;
  };

  const widenTo = async (experiment: Experiment, share: number, by: string) => {
    const { id, ramp, status } = experiment;
    const before = shareOf(experiment);
    if (status === 'stopped')
      throw new ApiError(409, 'stopped', `experiment ${id} was stopped: it has no traffic`);
    if (!(share > before && share <= 1))
      throw invalid(
        `traffic of experiment ${id} may only grow, from ${before} to at most 1, not to ${share}: to narrow it, stop it and create another`,
      );
    // A person who widens it takes a step as well: the next one counts from here.
    const reached = ramp !== null && status === 'running' && { ramp: { ...ramp, since: nowMs() } };
    const fields = { ...(await wider(store, experiment, share)), ...reached };
    return change(experiment, fields, 'widen experiment', by, { before, traffic: share });
  };

  /** Nothing that is served follows from it. */
  const changeRamp = async (
    before: Experiment,
    ramp: Ramp,
    action: string,
    by: string,
    details: Record<string, unknown>,
  ): Promise<Experiment> => {
    const { id, name } = before;
    const entry = { at: nowMs(), actor: by, action, subject: id, details: { name, ...details } };
    await recordChange(store, before, { ramp }, entry);
    return { ...before, ramp };
  };

  return {
    ownMetrics,
    create: (asked, by) =>
      inTurn(async () => {
        for (let attempt = 1; ; attempt++) {
          const draft = await draftOf(store, asked, await livePointer(), nowMs(), {
            metrics: ownMetrics,
            layerAt,
          });
          const { id, name, layer, arms, placements } = draft;
          const traffic = shareOf(draft);
          const details = { name, layer, traffic, arms, ...(placements && { placements }) };
          const entry = {
            at: nowMs(),
            actor: by,
            action: 'create experiment',
            subject: id,
            details,
          };
          try {
            await recordDraft(store, draft, entry);
            return draft;
          } catch (error) {
            // Another backend took the range: the next free one will do.
            if (!isOvertaken(error) || attempt === ATTEMPTS) throw error;
          }
        }
      }),

    start: (id, by, freezeWeights) =>
      inTurn(async () => {
        const draft = await ownExperiment(store, id);
        if (draft.status !== 'draft')
          throw new ApiError(
            409,
            draft.status,
            `experiment ${id} ${draft.status === 'running' ? 'runs already' : 'was stopped: create another, which assigns units anew'}`,
          );
        const [{ n }] = await store.db
          .select({ n: count() })
          .from(experiments)
          .where(and(eq(experiments.status, 'running'), eq(experiments.kind, 'experiment')));
        if (n >= MAX_RUNNING)
          throw new ApiError(
            409,
            'too_many_running',
            `${n} experiments run, and ${MAX_RUNNING} is the most: stop one first`,
          );
        const whole = await livePointer();
        const { lineage } = draft;
        const pointer = lineageAskedFor(whole, lineage ?? undefined);
        if (placingOf(draft.placements ?? undefined, whole).lineage !== lineage)
          throw new ApiError(
            409,
            'other_lineage',
            `placement ${draft.placements![0]} has a lineage of its own since experiment ${id} was made, and its arms are of the default one: create another`,
          );
        if (pointer?.hold === true)
          throw new ApiError(
            409,
            'on_hold',
            `${pointer.champion} is held (by ${pointer.by ?? 'hand'}), so nobody would be in experiment ${id}: release first`,
          );
        const live = pointer?.champion ?? RULES_VERSION;
        const aa = isAA(draft.arms);
        await checkArms(store, { ...draft, aa }, live);
        const arms: ExperimentArm[] = withVersions({ arms: draft.arms, aa }, live);
        const metricWeightsId = freezeWeights
          ? await weightsInForce(arms[0].version ?? live)
          : null;
        const fields = {
          arms,
          metricWeightsId,
          status: 'running' as const,
          startedAt: nowMs(),
          ...(draft.ramp && { ramp: { ...draft.ramp, since: nowMs() } }),
        };
        return change(draft, fields, 'start experiment', by, { arms, metricWeightsId });
      }),

    stop: (id, by, reason) =>
      inTurn(async () => {
        const experiment = await ownExperiment(store, id);
        if (experiment.status === 'stopped')
          throw new ApiError(409, 'stopped', `experiment ${id} was stopped before`);
        const fields = { status: 'stopped' as const, stoppedAt: nowMs() };
        return change(
          experiment,
          fields,
          'stop experiment',
          by,
          reason === undefined ? {} : { reason },
        );
      }),

    widen: (id, share, by) =>
      inTurn(async () => widenTo(await ownExperiment(store, id), share, by)),

    // Written only where the row is as it was read, so that no step follows a hold that came while the log was read.
    stepRamp: (read, share, by) => inTurn(() => widenTo(read, share, by)),

    holdRamp: (id, by, reason) =>
      inTurn(async () => {
        const { experiment, ramp } = await ownRamp(store, id);
        if (ramp.held !== undefined)
          throw new ApiError(409, 'held', `the ramp of experiment ${id} is held already`);
        const held = { by, at: nowMs(), reason };
        return changeRamp(experiment, { ...ramp, held }, 'hold ramp', by, { reason });
      }),

    resumeRamp: (id, by) =>
      inTurn(async () => {
        const { experiment, ramp } = await ownRamp(store, id);
        const { held, ...others } = ramp;
        if (held === undefined)
          throw new ApiError(409, 'not_held', `the ramp of experiment ${id} is not held`);
        const since = ramp.since === null ? null : nowMs();
        return changeRamp(experiment, { ...others, since }, 'resume ramp', by, { held });
      }),

    moveArm: (id, arm, version, by) =>
      inTurn(async () => {
        const experiment = await ownExperiment(store, id);
        if (experiment.status !== 'running')
          throw new ApiError(409, experiment.status, `experiment ${id} does not run`);
        const arms = experiment.arms.map((one) => (one.name === arm ? { ...one, version } : one));
        const before = experiment.arms.find(({ name }) => name === arm)?.version;
        return change(experiment, { arms }, 'train arm', by, { arm, before, version });
      }),
  };
}

/** More of the range takes part; where that is not enough, the range grows into free units next to it. */
async function wider(store: Store, experiment: Experiment, share: number) {
  const range = rangeOf(experiment);
  const length = range[1] - range[0];
  if (share <= length + 1e-9) return { traffic: Math.min(1, share / length) };
  const others = (await claimsOf(store, experiment.layer)).filter(({ id }) => id !== experiment.id);
  const [rangeFrom, rangeTo] = grown(range, others.map(rangeOf), share, experiment.layer);
  return { rangeFrom, rangeTo, traffic: 1 };
}

async function ownRamp(store: Store, id: string) {
  const experiment = await ownExperiment(store, id);
  const { ramp, status } = experiment;
  if (ramp === null)
    throw new ApiError(409, 'no_ramp', `experiment ${id} has no ramp: people widen it`);
  if (status === 'stopped') throw new ApiError(409, 'stopped', `experiment ${id} was stopped`);
  return { experiment, ramp };
}

async function ownExperiment(store: Store, id: string): Promise<Experiment> {
  const experiment = await readExperiment(store, id);
  if (experiment.kind === 'experiment') return experiment;
  throw new ApiError(
    409,
    'rollout',
    `${id} is the traffic of a rollout, which its decisions move: stop the rollout`,
  );
}
