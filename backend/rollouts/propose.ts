import { randomUUID } from 'node:crypto';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { DEFAULT_METRICS } from '../../shared/domain/metric.ts';
import type { GateVerdict } from '../science/evaluation/gate-report.ts';
import { ensureLayer, ROLLOUT_LAYER } from '../experiments/layers.ts';
import { believedTime } from '../log/log-time.ts';
import { readLive } from '../models/live-pointer.ts';
import { lineageAskedFor } from '../models/lineage-asked-for.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { experiments, rollouts } from '../store/tables.ts';
import { closeRollout, withdrawRollout } from './record-stage.ts';
import { CHALLENGER, CHAMPION, openRollouts, stateOf } from './rollout-rows.ts';
import { rulesOf, type RolloutSettings } from './settings.ts';
import { isUnseen, SHARE } from './steps.ts';
import type { Versions } from '../models/versions.ts';

export interface ProposeDeps {
  readonly store: Store;
  readonly versions: Pick<Versions, 'load'>;
  readonly settings: RolloutSettings;
  readonly nowMs: () => number;
  /** For the rollout's id, and for the salt of its assignment. */
  readonly newId?: () => string;
}

/** Layers of experiments come before that of rollouts, so that visitors of an experiment stay in it. */
const LAST_RANK = 1_000_000;

/**
 * Starts a rollout, which is to make a version the champion of a lineage. One rollout is under way in each at a time: a newer challenger
 * replaces one that no visitor was shown yet; while a canary is under way it waits, and replaces another
 * that waits; a canary that stands still gives way to it (`decideRollout`).
 * @param gate of the version against the present champion. @param placement of the lineage; undefined: the default one.
 * @returns the rollout's id. @throws ApiError 404 for an unknown version; 409 `on_hold`, `is_champion`, `foreign_schema`, `in_rollout`; 404 `no_lineage`.
 */
export async function proposeRollout(
  { store, versions, settings, nowMs, newId = shortId }: ProposeDeps,
  version: Version,
  gate: GateVerdict | undefined,
  by: string,
  placement?: string,
): Promise<string> {
  const challenger = await versions.load(version);
  const live = await readLive(store);
  if (live === undefined)
    throw new ApiError(409, 'nothing_live', 'nothing is live yet: wait until the edge is up');
  const own = lineageAskedFor(live.pointer, placement);
  const { champion, hold } = own;
  const lineage = placement ?? null;
  if (hold === true)
    throw new ApiError(409, 'on_hold', `${champion} is held: release first, then roll out`);
  if (champion === version)
    throw new ApiError(409, 'is_champion', `${version} is the champion already`);
  const { schema } = await versions.load(champion);
  if (schema.hash !== challenger.schema.hash)
    throw new ApiError(
      409,
      'foreign_schema',
      `${version} has another schema than ${champion}, under which the catalogue is packed: promote it at once, or not at all`,
    );
  const all = await openRollouts(store);
  const open = all.filter((row) => row.lineage === lineage);
  if (all.some((row) => row.challenger === version))
    throw new ApiError(409, 'in_rollout', `${version} is in a rollout already: trimtab rollouts`);
  // By a clock that jumped, its first steps would seem to begin in the future, and would not end until then.
  const at = await believedTime(store.db, nowMs());
  const id = newId();
  // Canaries of different lineages are shown at different placements, and may have the same sessions.
  const layer = placement === undefined ? ROLLOUT_LAYER : `${ROLLOUT_LAYER}:${placement}`;
  await ensureLayer(store, { name: layer, unit: 'session', rank: LAST_RANK }, at);
  // Of one that is withdrawn already the pointer may still have to be moved, which closes it.
  const replaced = open.filter((row) => row.stage !== 'withdrawn' && isUnseen(stateOf(row).stage));
  await store.write([
    ...replaced.flatMap((row) => [
      ...withdrawRollout(store, row, { by, why: `${version} took its place` }, at),
      closeRollout(store, row, at),
    ]),
    store.db.insert(experiments).values({
      id,
      name: `rollout of ${version}`,
      kind: 'rollout',
      layer,
      salt: newId(),
      rangeFrom: 0,
      rangeTo: 1,
      traffic: 1,
      // In this order no session changes from the challenger to the champion while the challenger's share grows.
      arms: [
        { name: CHALLENGER, weight: SHARE.candidate, version },
        { name: CHAMPION, weight: 1 },
      ],
      metrics: [...DEFAULT_METRICS],
      guardrails: [...settings.guardrails],
      minimumPerArm: settings.minimumPerArm,
      status: 'draft',
      createdAt: at,
      lineage,
      placements: placement === undefined ? null : [placement],
    }),
    store.db.insert(rollouts).values({
      id,
      challenger: version,
      champion,
      stage: 'candidate',
      since: at,
      experiment: id,
      rules: { ...rulesOf(settings) },
      gate: gate === undefined ? null : { verdict: gate.verdict, reason: gate.reason },
      by,
      createdAt: at,
      lineage,
    }),
    recordAudit(store, {
      at,
      actor: by,
      action: 'propose rollout',
      subject: version,
      details: {
        rollout: id,
        champion,
        ...(gate && { gate: gate.verdict }),
        ...(placement !== undefined && { placement }),
      },
    }),
  ]);
  return id;
}

/** Short, as it is sent with every ranking of a canary. */
const shortId = () => `ro_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
