import { proxy } from 'comlink';
import type { Version } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Rules } from '../../log/account/rules.ts';
import type { TrainingDataSettings } from '../../log/settings.ts';
import type { EdgeAccess } from '../../models/edge-kv.ts';
import { whatEdgeKnows } from '../../models/what-edge-knows.ts';
import { placementsOf } from '../../../shared/domain/pointer-at.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Versions } from '../../models/versions.ts';
import type { Metrics } from '../../process/metrics.ts';
import { threadOnDemand } from '../../process/thread.ts';
import { rewardInForce, type RewardPolicy } from '../../reward/in-force.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Database } from '../../store/connect.ts';
import type { Store } from '../../store/open.ts';
import { readText } from '../../store/read-text.ts';
import { remoteWriteOf } from '../../store/remote-write.ts';
import { unbind } from '../../store/statements.ts';
import { holdoutOf } from './holdout.ts';
import { readHoldout, type CollectHoldout, type HoldoutRules } from './harm.ts';
import { forgetLearner, readLearner, readLearners, stopLearner } from './learner-rows.ts';
import type { LearnerWorker, SentJob, SentTurn, TurnState } from './learner-worker.ts';

import type { LearningJob } from './learning-job.ts';
import { onlineTargets, type OnlineTarget } from './online-targets.ts';
import { sendDeltas } from './send-deltas.ts';
import type { OnlineSettings } from './settings.ts';

export interface OnlineDeps {
  readonly store: Store;
  readonly database: Database;
  /** By which it is judged what counts. */
  readonly rules: Rules;
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

/** An arm that learns nothing yet: its log has too few rankings with a reward to measure slots and delays by. */
export interface WaitingArm {
  readonly arm: string;
  readonly version: Version;
  readonly rewarded: number;
  /** How many there must be. */
  readonly minimum: number;
}

export interface OnlineLearning {
  readonly job: Job;
  /** As of the last time that this backend, as the leader, has learned. */
  waiting(): readonly WaitingArm[];
  stop(): Promise<void>;
}

/** What was sent to the cells of an arm, and what of it a cell has not accepted. */
interface Sent {
  readonly version: Version;
  readonly text: string;
  readonly missing: readonly string[];
}

/** What edges are to have of an arm. */
interface ToSend {
  /** JSON. */
  readonly deltas: string;
  /** By which sessions are held out of it. */
  readonly salt?: string;
  readonly number?: number;
}

const NOTHING = JSON.stringify([]);
const DROPPED: ToSend = { deltas: NOTHING };
const UNKNOWN = '';
/** How long what the edge knows stands. */
const ASKED_MS = 60_000;
/** How long a plan stands whose mark is the same. */
const PLANNED_MS = 60_000;

/** Changes with whatever decides which arms learn, of which version, and by which reward; overrides of which end by the clock. */
const PLAN_MARK = `select json_array(
  (select json_array(value, since) from pointers where name = 'weights'),
  (select json_array(max(id), count(*) filter (where expiresAt <= ?1)) from metric_weights),
  (select json_group_array(json_array(arm, version, stoppedAt)) from online_learning))`;

/** Learns as people click: by the same reward as training, from what each arm's version serves. */
export function onlineLearningOf(deps: OnlineDeps): OnlineLearning {
  const { store, database, settings, rewardPolicy, metrics, log } = deps;
  const thread = threadOnDemand<LearnerWorker>(
    new URL('./learner-worker.ts', import.meta.url),
    database,
  );
  const write = proxy(remoteWriteOf(store));
  const rules: Rules = {
    attributionDays: deps.rules.attributionDays,
    filters: deps.rules.filters,
  };
  const scorers = new Map<Version, AdditiveScorer | undefined>();
  const sent = new Map<string, Sent>();
  interface InThread {
    /** Which of the threads that were started it is of. */
    readonly start: number;
    readonly jobs: readonly LearningJob[];
    readonly bases: ReadonlySet<AdditiveScorer>;
  }
  /** What the thread has by now: one that was started anew has nothing. */
  let inThread: InThread = { start: 0, jobs: [], bases: new Set() };
  const said = new Map<string, string>();
  let waiting: readonly WaitingArm[] = [];
  /** What is the same every few seconds is said once. @param of what it is about, where that is not all of the arm. */
  const say = (arm: string, what: string, of = '') => {
    const about = `${arm} ${of}`;
    if (said.get(about) === what) return;
    said.set(about, what);
    log(`online learning: ${arm}: ${what}`);
  };

  async function additive(version: Version): Promise<AdditiveScorer | undefined> {
    if (!scorers.has(version)) {
      const scorer = await deps.versions.load(version);
      scorers.set(version, scorer.kind === 'additive' ? scorer : undefined);
    }
    return scorers.get(version);
  }

  async function jobsOf(
    targets: readonly OnlineTarget[],
    except: readonly string[],
  ): Promise<LearningJob[]> {
    const jobs: LearningJob[] = [];
    for (const { arm, version, scope } of targets) {
      const base = await additive(version);
      if (base === undefined) {
        say(arm, `${version} is re-ranked: it learns in training only`);
        continue;
      }
      const reward = await rewardInForce(store, base.schema, deps.nowMs(), scope);
      const { influence } = deps;
      const others = except.length > 0 && { except };
      jobs.push({ arm, base, reward, settings, influence, rules, ...others });
    }
    for (const version of scorers.keys())
      if (!targets.some((target) => target.version === version)) scorers.delete(version);
    return jobs;
  }

  let asked = { atMs: Number.NEGATIVE_INFINITY, holdsOut: false, numbersDeltas: false };
  /** A Worker may be rolled back: now and then it is asked again. */
  async function askEdge(): Promise<typeof asked> {
    const nowMs = deps.nowMs();
    if (Math.abs(nowMs - asked.atMs) < ASKED_MS) return asked;
    const { holdsOut = false, numbersDeltas = false } = (await whatEdgeKnows(deps.edge)) ?? {};
    const atMs = holdsOut ? nowMs : Number.NEGATIVE_INFINITY;
    return (asked = { atMs, holdsOut, numbersDeltas });
  }

  /**
   * Sends what changed to every cell; a cell that did not take it is asked again the next time. @returns the cells that have
   * not taken it.
   */
  async function send(
    { arm, version: baseVersion }: { readonly arm: string; readonly version: Version },
    { deltas, salt, number }: ToSend,
  ): Promise<readonly string[]> {
    const before = sent.get(arm);
    const isSame = before?.version === baseVersion && before.text === deltas;
    const to = isSame ? before.missing : settings.cells;
    if (to.length === 0) return to;
    const { holdsOut, numbersDeltas } = await askEdge();
    if (!holdsOut) {
      // One from before would change the weights of every session, so that nobody could see harm.
      const why =
        'the edge does not answer, or is from before sessions were held out: deploy it anew';
      say(arm, `nothing is sent: ${why}`, 'edge');
      sent.set(arm, { version: baseVersion, text: deltas, missing: to });
      return to;
    }
    said.delete(`${arm} edge`);
    const holdout = salt === undefined ? undefined : holdoutOf(arm, baseVersion, settings, salt);
    const batch = {
      arm,
      baseVersion,
      deltas,
      ...(holdout && { holdout }),
      ...(number && { number }),
    };
    const refused = await sendDeltas(deps.edge, batch, to, numbersDeltas);
    metrics.add('trimtab_online_batches_total', to.length - refused.size);
    for (const cell of to) {
      const why = refused.get(cell);
      if (why === undefined) said.delete(`${arm} ${cell}`);
      else say(arm, `${cell} did not take what was learned: ${why}`, cell);
    }
    const missing = [...refused.keys()];
    sent.set(arm, { version: baseVersion, text: deltas, missing });
    return missing;
  }

  /** Learning was switched off: what edges have of it is dropped, and once none has any it is forgotten. */
  async function dropAll(pointer: Pointer): Promise<void> {
    for (const { arm, version, stoppedAt } of await readLearners(store)) {
      const live = arm === CHAMPION_ARM ? pointer.champion : pointer.arms?.[arm];
      // Of another version, and while ops hold one, the edge has dropped it already.
      const isThere = live === version && pointer.hold !== true;
      const missing = isThere ? await send({ arm, version: live }, DROPPED) : [];
      if (missing.length === 0 && stoppedAt === null) await store.write(forgetLearner(store, arm));
    }
  }

  /** Whether edges may have something of a version that was learned before. */
  const mayHave = (arm: string, version: Version) => {
    const before = sent.get(arm);
    return before?.version === version && (before.text !== NOTHING || before.missing.length > 0);
  };

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

  /** What is looked for anew only where the store says something else of it than before, and now and then. */
  let plan:
    | { readonly mark: string | null; readonly atMs: number; readonly jobs: LearningJob[] }
    | undefined;
  async function planned(): Promise<readonly LearningJob[]> {
    const nowMs = deps.nowMs();
    const mark = await readText(store.db, PLAN_MARK, [nowMs]);
    if (plan?.mark === mark && Math.abs(nowMs - plan.atMs) < PLANNED_MS) return plan.jobs;
    plan = undefined;
    const jobs = await makePlan();
    // What was forgotten on the way is in no mark yet.
    plan = { mark: await readText(store.db, PLAN_MARK, [nowMs]), atMs: nowMs, jobs };
    return jobs;
  }

  async function makePlan(): Promise<LearningJob[]> {
    const pointer = (await readLive(store))?.pointer;
    if (pointer === undefined) return [];
    if (!settings.enabled) {
      await dropAll(pointer);
      return [];
    }
    // The edge drops deltas while ops hold a version, and what was learned by then is doubted.
    const targets = pointer.hold === true ? [] : await onlineTargets(store, pointer, rewardPolicy);
    const over = (await readLearners(store)).filter(({ arm, version, stoppedAt }) => {
      const target = targets.find((one) => one.arm === arm);
      // That an arm was stopped is remembered through a hold.
      return target?.version !== version && (stoppedAt === null || target !== undefined);
    });
    await store.write(over.flatMap(({ arm }) => forgetLearner(store, arm)));
    // What a cell has by now is not known: one that saw nothing of a short hold still has it.
    for (const { arm } of over) {
      const before = sent.get(arm);
      if (before !== undefined) sent.set(arm, { ...before, text: UNKNOWN });
    }
    waiting = waiting.filter(({ arm, version }) =>
      targets.some((target) => target.arm === arm && target.version === version),
    );
    return jobsOf(targets, placementsOf(pointer));
  }

  async function connected(): Promise<void> {
    if (inThread.start > 0 && inThread.start === thread.starts()) return;
    await thread.call((worker) => worker.writeThrough(write));
    inThread = { start: thread.starts(), jobs: [], bases: new Set() };
  }

  /** Where each arm stands once all that was learned is stored. */
  async function learned(): Promise<TurnState[]> {
    for (;;) {
      const turns = await thread.call((worker) =>
        worker.learn(deps.nowMs(), settings.everySeconds * 1000),
      );
      const states = await Promise.all(turns.map(stored));
      if (states.every((state) => state !== undefined)) return states;
    }
  }

  /** @returns undefined where another backend was first: what was learned counts for nothing. */
  async function stored({ state, unwritten }: SentTurn): Promise<TurnState | undefined> {
    if (unwritten.length === 0) return state;
    try {
      const [moved] = await store.write(unwritten.map(unbind));
      return moved === 0 ? undefined : state;
    } catch (error) {
      return { is: 'failed', why: messageOf(error) };
    }
  }

  async function run(): Promise<void> {
    const jobs = await planned();
    if (jobs.length === 0) return;
    await compare(jobs);
    await connected();
    if (inThread.jobs !== jobs) {
      const sentJobs = jobs.map(({ base, ...job }): SentJob => ({
        ...job,
        version: base.version,
        ...(!inThread.bases.has(base) && { base }),
      }));
      await thread.call((worker) => worker.plan(sentJobs));
      inThread = { ...inThread, jobs, bases: new Set(jobs.map(({ base }) => base)) };
    }
    const states = await learned();
    if (states.length !== jobs.length)
      throw new Error('the thread of learning was started anew: it learns from the next turn on');
    const minimum = settings.minimumRewarded;
    waiting = jobs.flatMap(({ arm, base: { version } }, i): WaitingArm[] => {
      const state = states[i];
      return state.is === 'waiting' ? [{ arm, version, rewarded: state.rewarded, minimum }] : [];
    });
    for (const [i, job] of jobs.entries()) {
      const [state, arm, { version }] = [states[i], job.arm, job.base];
      switch (state.is) {
        case 'failed':
          say(arm, `nothing was learned: ${state.why}`);
          break;
        case 'waiting':
          say(
            arm,
            `waits for ${minimum} rankings with a reward, of which there are ${state.rewarded}`,
          );
          break;
        case 'stopped':
          say(arm, `stopped until the next version: ${state.why}`);
          await send({ arm, version }, DROPPED);
          break;
        case 'learning':
          metrics.set('trimtab_online_slates', state.slates, { arm });
          metrics.set('trimtab_online_weights', state.changed, { arm });
          metrics.set('trimtab_online_weights_at_limit', state.atLimit, { arm });
          say(arm, `learns from what ${state.version} serves`);
          if (state.changed > 0) await send({ arm, version }, state);
          else if (mayHave(arm, version)) await send({ arm, version }, DROPPED);
          break;
        default:
          throw state satisfies never;
      }
    }
  }

  return {
    job: {
      name: 'online learning',
      // Where it is switched off, what was learned until then is dropped.
      schedule: settings.everySeconds * 1000,
      leaderOnly: true,
      run,
    },
    waiting: () => waiting,
    stop: () => thread.stop(),
  };
}
