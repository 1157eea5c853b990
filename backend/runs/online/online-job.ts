import { proxy } from 'comlink';
import type { Version } from '../../../shared/domain/ids.ts';
import type { WeightDelta } from '../../../shared/domain/weight-delta.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Account } from '../../log/account/account.ts';
import type { TrainingDataSettings } from '../../log/settings.ts';
import type { EdgeAccess } from '../../models/edge-kv.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Versions } from '../../models/versions.ts';
import type { Metrics } from '../../process/metrics.ts';
import { threadOnDemand } from '../../process/thread.ts';
import { rewardInForce, type RewardPolicy } from '../../reward/in-force.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Database } from '../../store/connect.ts';
import type { Store } from '../../store/open.ts';
import { remoteWriteOf } from '../../store/remote-write.ts';
import { holdoutOf } from './holdout.ts';
import { readHoldout, type CollectHoldout, type HoldoutRules } from './harm.ts';
import { forgetLearner, readLearner, readLearners, stopLearner } from './learner-rows.ts';
import type { LearnerWorker, SentJob } from './learner-worker.ts';
import type { LearningJob } from './learn-arrived.ts';
import { onlineTargets, type OnlineTarget } from './online-targets.ts';
import { sendDeltas } from './send-deltas.ts';
import type { OnlineSettings } from './settings.ts';

export interface OnlineDeps {
  readonly store: Store;
  readonly database: Database;
  readonly account: Pick<Account, 'classify'>;
  readonly versions: Pick<Versions, 'load'>;
  readonly influence: TrainingDataSettings['influence'];
  readonly edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>;
  readonly settings: OnlineSettings;
  readonly collect: CollectHoldout;
  /** What harm is read by: the metric that decides rollouts, with as many sessions as they ask for. */
  readonly harm: Pick<HoldoutRules, 'metric' | 'minimumPerArm'>;
  readonly rewardPolicy: RewardPolicy;
  readonly metrics: Pick<Metrics, 'set' | 'add'>;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

export interface OnlineLearning {
  readonly job: Job;
  stop(): Promise<void>;
}

/** What was sent to the cells of an arm, and what of it a cell has not accepted. */
interface Sent {
  readonly version: Version;
  readonly text: string;
  readonly missing: readonly string[];
}

/** Learns as people click: by the same reward as training, from what each arm's version serves. */
export function onlineLearningOf(deps: OnlineDeps): OnlineLearning {
  const { store, database, account, settings, rewardPolicy, metrics, log } = deps;
  const thread = threadOnDemand<LearnerWorker>(
    new URL('./learner-worker.ts', import.meta.url),
    database,
  );
  const write = proxy(remoteWriteOf(store));
  const scorers = new Map<Version, AdditiveScorer | undefined>();
  const sent = new Map<string, Sent>();
  /** What the thread has by now. */
  let inThread: ReadonlySet<AdditiveScorer> = new Set();
  const said = new Map<string, string>();
  /** What is the same every few seconds is said once. */
  const say = (arm: string, what: string) => {
    if (said.get(arm) === what) return;
    said.set(arm, what);
    log(`online learning: ${arm}: ${what}`);
  };

  async function additive(version: Version): Promise<AdditiveScorer | undefined> {
    if (!scorers.has(version)) {
      const scorer = await deps.versions.load(version);
      scorers.set(version, scorer.kind === 'additive' ? scorer : undefined);
    }
    return scorers.get(version);
  }

  async function jobsOf(targets: readonly OnlineTarget[]): Promise<LearningJob[]> {
    const jobs: LearningJob[] = [];
    for (const { arm, version, scope } of targets) {
      const base = await additive(version);
      if (base === undefined) {
        say(arm, `${version} is re-ranked: it learns in training only`);
        continue;
      }
      const reward = await rewardInForce(store, base.schema, deps.nowMs(), scope);
      jobs.push({ arm, base, reward, settings, influence: deps.influence });
    }
    for (const version of scorers.keys())
      if (!targets.some((target) => target.version === version)) scorers.delete(version);
    return jobs;
  }

  /** Sends what changed to every cell; a cell that did not take it is asked again the next time. */
  async function send(
    { arm, base }: LearningJob,
    deltas: readonly WeightDelta[],
    salt: string | undefined,
  ): Promise<void> {
    const baseVersion = base.version;
    const holdout = salt === undefined ? undefined : holdoutOf(arm, baseVersion, settings, salt);
    const text = JSON.stringify(deltas);
    const before = sent.get(arm);
    const isSame = before?.version === baseVersion && before.text === text;
    const missing: string[] = [];
    for (const cell of isSame ? before.missing : settings.cells) {
      try {
        const batch = { arm, cell, baseVersion, deltas, ...(holdout && { holdout }) };
        await sendDeltas(deps.edge, batch);
        metrics.add('trimtab_online_batches_total', 1);
      } catch (error) {
        missing.push(cell);
        say(arm, `${cell} did not take what was learned: ${messageOf(error)}`);
      }
    }
    sent.set(arm, { version: baseVersion, text, missing });
  }

  let comparedAtMs = 0;
  /** Compares those that are held out with all others, and drops what was learned where it does harm. */
  async function compare(jobs: readonly LearningJob[]): Promise<void> {
    const nowMs = deps.nowMs();
    if (Math.abs(nowMs - comparedAtMs) < settings.compareSeconds * 1000) return;
    comparedAtMs = nowMs;
    const { holdoutShare, alpha } = settings;
    for (const job of jobs) {
      const row = await readLearner(store, job.arm);
      if (row?.version !== job.base.version || row.stoppedAt !== null) continue;
      const reading = await readHoldout(
        deps.collect,
        row,
        { ...deps.harm, holdoutShare, alpha },
        nowMs,
      );
      if ('missing' in reading || !reading.isHarm) continue;
      const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
      const why = `${reading.metric} changes by ${percent(reading.low)} to ${percent(reading.high)} against the sessions that are held out (${reading.sessions} in all), which is a loss`;
      await store.write([stopLearner(store, row, why, nowMs)]);
      metrics.add('trimtab_online_stops_total', 1);
    }
  }

  async function run(): Promise<void> {
    const pointer = (await readLive(store))?.pointer;
    if (pointer === undefined) return;
    // The edge drops deltas while ops hold a version, and what was learned by then is doubted.
    const targets = pointer.hold === true ? [] : await onlineTargets(store, pointer, rewardPolicy);
    const over = (await readLearners(store)).filter(
      ({ arm, stoppedAt }) => stoppedAt === null && !targets.some((target) => target.arm === arm),
    );
    await store.write(over.flatMap(({ arm }) => forgetLearner(store, arm)));
    for (const { arm } of over) sent.delete(arm);
    if (targets.length === 0) return;
    await account.classify();
    const jobs = await jobsOf(targets);
    await compare(jobs);
    const sentJobs = jobs.map(({ base, ...job }): SentJob => ({
      ...job,
      version: base.version,
      ...(!inThread.has(base) && { base }),
    }));
    const states = await thread.call((worker) =>
      worker.learn(sentJobs, deps.nowMs(), settings.everySeconds * 1000, write),
    );
    inThread = new Set(jobs.map(({ base }) => base));
    for (const [i, job] of jobs.entries()) {
      const [state, arm] = [states[i], job.arm];
      switch (state.is) {
        case 'failed':
          say(arm, `nothing was learned: ${state.why}`);
          break;
        case 'waiting':
          say(
            arm,
            `waits for ${settings.minimumRewarded} rankings with a reward, of which there are ${state.rewarded}`,
          );
          break;
        case 'stopped':
          say(arm, `stopped until the next version: ${state.why}`);
          await send(job, [], undefined);
          break;
        case 'learning':
          metrics.set('trimtab_online_slates', state.slates, { arm });
          metrics.set('trimtab_online_weights', state.deltas.length, { arm });
          say(arm, `learns from what ${state.version} serves`);
          if (state.deltas.length > 0) await send(job, state.deltas, state.salt);
          break;
        default:
          throw state satisfies never;
      }
    }
  }

  return {
    job: {
      name: 'online learning',
      schedule: settings.enabled ? settings.everySeconds * 1000 : '',
      leaderOnly: true,
      run,
    },
    stop: () => thread.stop(),
  };
}
