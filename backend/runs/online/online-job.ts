import type { Schema } from '../../../shared/features/schema.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { RewardPolicy } from '../../reward/in-force.ts';
import { rewardInForce } from '../../reward/in-force.ts';
import type { EdgeAccess } from '../../models/edge-kv.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Versions } from '../../models/versions.ts';
import type { Store } from '../../store/open.ts';
import { inThread } from '../../process/thread.ts';
import type { PreparedData } from '../../log/data-worker.ts';
import type { StoreLocation } from '../../log/partitions/object-store.ts';
import type { TrainingDataSettings } from '../../log/settings.ts';
import type { Span } from '../../log/account/span.ts';
import { looksSoFar, storeLooks } from './looks.ts';
import { onlineTargets, type OnlineTarget } from './online-targets.ts';
import type { OnlineWorker } from './online-worker.ts';
import { sendDeltas } from './send-deltas.ts';
import type { OnlineSettings } from './settings.ts';

export interface OnlineDeps {
  readonly store: Store;
  readonly versions: Pick<Versions, 'load'>;
  readonly trainingData: {
    readonly location: StoreLocation;
    readonly settings: Pick<TrainingDataSettings, 'influence'>;
    prepare(schema: Schema, window: Span): Promise<Pick<PreparedData, 'manifests'>>;
  };
  readonly edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>;
  readonly settings: OnlineSettings;
  readonly rewardPolicy: RewardPolicy;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

const HOUR_MS = 3_600_000;

/** Learns between trainings, by the same reward, from what each arm's version served in the last hours. */
export function onlineJob(deps: OnlineDeps): Job {
  const { store, settings, rewardPolicy, log } = deps;
  return {
    name: 'online learning',
    schedule: settings.schedule,
    leaderOnly: true,
    async run() {
      const pointer = (await readLive(store))?.pointer;
      // The edge accepts no deltas while ops hold a version.
      if (pointer === undefined || pointer.hold === true) return;
      for (const target of await onlineTargets(store, pointer, rewardPolicy)) {
        try {
          log(`online learning: ${target.arm}: ${await learnFor(deps, target)}`);
        } catch (error) {
          log(`online learning: ${target.arm} was not changed: ${messageOf(error)}`);
        }
      }
    },
  };
}

/** @returns what was sent to the edge or why nothing was, for the log. */
async function learnFor(deps: OnlineDeps, target: OnlineTarget): Promise<string> {
  const { store, versions, trainingData, edge, nowMs } = deps;
  const { windowHours, minimumRewarded, spread, trustRegion, cells } = deps.settings;
  const { arm, version } = target;
  const base = await versions.load(version);
  if (base.kind !== 'additive')
    return `${version} is re-ranked (${base.kind}): it learns in training only`;
  const to = nowMs();
  const window = { from: to - windowHours * HOUR_MS, to, servedBy: version };
  const reward = await rewardInForce(store, base.schema, to, target.scope);
  const { manifests } = await trainingData.prepare(base.schema, window);
  const { location, settings } = trainingData;
  const { influence } = settings;
  const limits = { minimumRewarded, spread, trustRegion, influence };
  const look = 1 + (await looksSoFar(store, target));
  const job = { location, manifests, base, window, reward, look, ...limits };
  const learnIn = inThread<OnlineWorker>(new URL('./online-worker.ts', import.meta.url));
  const { rewarded, update } = await learnIn((thread) =>
    thread.call((worker) => worker.learn(job)),
  );
  if (update !== undefined) await storeLooks(store, target, look);
  const deltas = update?.deltas ?? [];
  if (update === undefined || deltas.length === 0)
    return `nothing to add to ${version} (${rewarded} of ${minimumRewarded} rankings with a reward)`;
  if (update.gate.verdict !== 'promote')
    return `what was learned does not pass the gate, and ${version} serves as before: ${update.gate.reason}`;
  for (const cell of cells) await sendDeltas(edge, { arm, cell, baseVersion: version, deltas });
  return `${deltas.length} weights of ${version} changed, from ${rewarded} rankings with a reward (${JSON.stringify(reward)})`;
}
