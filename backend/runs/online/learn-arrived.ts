import { randomUUID } from 'node:crypto';
import type { Version } from '../../../shared/domain/ids.ts';
import type { WeightDelta } from '../../../shared/domain/weight-delta.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { arePropensities } from '../../log/account/are-propensities.ts';
import { latestSlates, latestSpan, rewardDelays } from '../../log/account/latest-rankings.ts';
import { markText } from '../../log/account/mark.ts';
import {
  arrivedTo,
  personsRankings,
  readArrived,
  type ArrivedRanking,
} from '../../log/account/read-arrived.ts';
import { newestEntry } from '../../log/log-time.ts';
import { collector } from '../../log/training-set/collect.ts';
import type { InfluenceLimits } from '../../science/learn/limit-influence.ts';
import { calibrateOnline } from '../../science/learn/online/calibration.ts';
import { delayStages, sharePassed } from '../../science/learn/online/delay.ts';
import {
  afterTurn,
  deltasOf,
  forget,
  learnFrom,
  movesOf,
  type OnlinePosterior,
  type OnlineProblem,
  type SlateChange,
} from '../../science/learn/online/online-learner.ts';
import { posteriorToBytes } from '../../science/learn/online/posterior-bytes.ts';
import { eventMetric, rewardOf, talliesOf } from '../../science/learn/tallies.ts';
import type { Store } from '../../store/open.ts';
import {
  learnerOf,
  withStop,
  readLearnedMark,
  readLearner,
  settingsOf,
  stopLearner,
  storeLearned,
  type LearnedMark,
  type LearnerRow,
  type LearnerSettings,
} from './learner-rows.ts';
import type { OnlineSettings } from './settings.ts';

/** One arm's version, and how it learns. */
export interface LearningJob {
  readonly arm: string;
  readonly base: AdditiveScorer;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
  readonly settings: Pick<
    OnlineSettings,
    'minimumRewarded' | 'spread' | 'halfLifeHours' | 'trustRegion'
  >;
  readonly influence: InfluenceLimits;
}

/** Where an arm stands after it has learned from all that has come in. */
export type LearningState =
  | { readonly is: 'waiting'; readonly rewarded: number }
  | { readonly is: 'stopped'; readonly why: string }
  | {
      readonly is: 'learning';
      readonly version: Version;
      readonly salt: string;
      readonly slates: number;
      readonly rewarded: number;
      readonly deltas: readonly WeightDelta[];
    };

/** Rankings that slots and delays are measured by. */
const LATEST = 5000;
/** What is read at a time, so that a log of hours is not held at once. */
const PAGE = { decisions: 4000, events: 10_000 };
/** Time goes on by so much at most, as all that is old enough for another look is read at once; after a pause of more than a day by more. */
const STEP_MS = 15 * 60_000;
/** Shards of the edge's log are shipped one by one: what one of them still holds must not count as missing. */
const SHIPPING_MS = 5000;
const HOUR_MS = 3_600_000;

/**
 * Learns from all that has come into the log since the last time; the account must be up to date. What was learned and how far the log was
 * read are one transaction: after a crash, and on several backends, each row counts once.
 * @param known what was stored last, by arm: where the mark is still the same, it need not be read again.
 */
export async function learnArrived(
  store: Pick<Store, 'db' | 'write'>,
  job: LearningJob,
  nowMs: number,
  known: Map<string, Known> = new Map(),
): Promise<LearningState> {
  for (;;) {
    const done = await learnPage(store, job, nowMs, known);
    if (done !== undefined) return done;
  }
}

/** What was learned as it is stored under the text of a mark. */
export interface Known {
  readonly text: string;
  readonly row: LearnerRow;
  readonly problem: OnlineProblem;
  readonly posterior: OnlinePosterior;
}

/** @returns undefined where more is to be read, or another backend was first. */
async function learnPage(
  store: Pick<Store, 'db' | 'write'>,
  job: LearningJob,
  nowMs: number,
  known: Map<string, Known>,
): Promise<LearningState | undefined> {
  const { db } = store;
  const { arm, base } = job;
  const { text, mark } = await readLearnedMark(db, arm);
  const held = known.get(arm);
  const isHeld = held?.text === text && held?.row.version === base.version;
  const row = isHeld ? await withStop(store, held.row) : await readLearner(store, arm);
  const isOwn = row?.version === base.version && mark?.version === base.version;
  if (isOwn && row.why !== null) return { is: 'stopped', why: row.why };
  const isSameReward = isOwn && JSON.stringify(row.reward) === JSON.stringify(job.reward);
  if (!isOwn || !isSameReward) {
    const measured = await measure(store, job, nowMs);
    if (typeof measured === 'number') return { is: 'waiting', rewarded: measured };
    const next = isOwn
      ? { ...row, ...rewardOfRow(job), calibration: { ...measured } }
      : firstRow(job, measured, nowMs);
    const from = isOwn ? mark : await markOfNow(store, job, nowMs);
    if (from === undefined) return { is: 'waiting', rewarded: 0 };
    await store.write(storeLearned(next, text, markText(from)));
    return undefined;
  }
  const settings = settingsOf(row);
  const to = await arrivedTo(db, mark, PAGE);
  if (to === undefined) return { is: 'waiting', rewarded: 0 };
  const logMs = to.isAll ? await newestEntry(db, nowMs) : undefined;
  const readMs = (logMs ?? 0) - SHIPPING_MS;
  // A mark of a time that has not come yet is of a clock that was ahead: from then on every ranking would count as a miss at once.
  const isAhead = logMs !== undefined && mark.toMs > nowMs + HOUR_MS;
  const stepMs = Math.max(STEP_MS, (readMs - mark.toMs) / 100);
  const toMs = isAhead ? readMs : Math.max(mark.toMs, Math.min(readMs, mark.toMs + stepMs));
  let { problem, posterior } = isHeld ? held : learnerOf(base, row, job.settings.spread);
  // From here on the posterior changes in place, and is what is stored or nothing.
  known.delete(arm);
  const isNew =
    to.decisions?.rowid !== mark.decisions?.rowid || to.events?.rowid !== mark.events?.rowid;
  if (!isNew && toMs === mark.toMs) {
    if (text !== undefined) known.set(arm, { text, row, problem, posterior });
    return stateOf(row, problem, posterior);
  }
  const misses = base.schema.training.objective === 'pointwise' ? 'all' : 'of one item';
  const rankings = await readArrived(db, {
    version: base.version,
    features: base.schema.features.length,
    from: mark,
    to,
    misses,
    spans: settings.stages.map(({ ageMs }) => ({ from: mark.toMs - ageMs, to: toMs - ageMs })),
  });
  const passedMs = Math.max(0, toMs - mark.toMs);
  const kept = 2 ** (-passedMs / (job.settings.halfLifeHours * HOUR_MS));
  forget(problem, posterior, kept);
  const changes = await changesOf(store, job, settings, rankings, { from: mark.toMs, to: toMs });
  for (const { change } of changes) learnFrom(problem, posterior, change);
  ({ problem, posterior } = afterTurn(problem, posterior, job.settings.spread) ?? {
    problem,
    posterior,
  });
  const learned: LearnerRow = {
    ...row,
    calibration: { ...problem.calibration },
    posterior: Buffer.from(posteriorToBytes(problem, posterior)),
    slates: row.slates + changes.filter(({ isFirst }) => isFirst).length,
    rewarded: row.rewarded + changes.filter(({ isFirstReward }) => isFirstReward).length,
    earned: row.earned + changes.reduce((sum, { earned }) => sum + earned, 0),
    updatedAt: nowMs,
  };
  const next: LearnedMark = {
    version: base.version,
    decisions: to.decisions,
    events: to.events,
    toMs,
  };
  const nextText = markText(next);
  const [moved] = await store.write(storeLearned(learned, text, nextText));
  if (moved === 0) return undefined;
  known.set(arm, { text: nextText, row: learned, problem, posterior });
  const farthest = farthestMove(problem, posterior, changes);
  // Not a number, of a reward or a propensity that nobody should have logged, is nowhere near.
  if (!(farthest <= job.settings.trustRegion)) {
    const why = `what was learned moves an item by ${farthest.toFixed(2)} log-odds from where ${base.version} has it, more than the ${job.settings.trustRegion} of onlineLearning.trustRegion`;
    await store.write([stopLearner(store, learned, why, nowMs)]);
    return { is: 'stopped', why };
  }
  if (!to.isAll || toMs < readMs) return undefined;
  return stateOf(learned, problem, posterior);
}

const stateOf = (
  { version, salt, slates, rewarded }: LearnerRow,
  problem: OnlineProblem,
  posterior: OnlinePosterior,
): LearningState => ({
  is: 'learning',
  version: version as Version,
  salt,
  slates,
  rewarded,
  deltas: deltasOf(problem, posterior),
});

const rewardOfRow = ({ reward }: LearningJob) => ({ reward: { ...reward } });

const firstRow = (job: LearningJob, measured: LearnerSettings, nowMs: number): LearnerRow => ({
  arm: job.arm,
  version: job.base.version,
  startedAt: nowMs,
  ...rewardOfRow(job),
  calibration: { ...measured },
  posterior: Buffer.alloc(0),
  salt: randomUUID(),
  slates: 0,
  rewarded: 0,
  earned: 0,
  updatedAt: nowMs,
  stoppedAt: null,
  why: null,
});

/** Learning begins with what comes in from now on: what was there has been trained on, or is what slots and delays were measured by. */
async function markOfNow(
  { db }: Pick<Store, 'db'>,
  { base }: LearningJob,
  nowMs: number,
): Promise<LearnedMark | undefined> {
  const to = await arrivedTo(db, undefined, PAGE);
  const logMs = await newestEntry(db, nowMs);
  if (to === undefined || logMs === undefined) return undefined;
  const { decisions, events } = to;
  return { version: base.version, decisions, events, toMs: logMs - SHIPPING_MS };
}

/** @returns how many rankings with a reward there are, where they are too few. */
async function measure(
  { db }: Pick<Store, 'db'>,
  { base, reward, settings, influence }: LearningJob,
  nowMs: number,
): Promise<LearnerSettings | number> {
  const span = await latestSpan(db, base.schema.hash, LATEST);
  if (span === undefined) return 0;
  const slates = await latestSlates(db, base.schema, span);
  const rows = slates.reduce((sum, { itemIds }) => sum + itemIds.length, 0);
  const collected = collector(base.schema, span, reward, rows);
  for (const slate of slates) collected.add(slate);
  const { set, facts } = collected.finish({ base, limits: influence });
  if (facts.rewarded < settings.minimumRewarded) return facts.rewarded;
  const earned = set.reward.filter((value) => value > 0);
  const mean = earned.reduce((sum, value) => sum + value, 0) / Math.max(earned.length, 1);
  const delays = await rewardDelays(db, base.schema.hash, span, typesOf(reward), nowMs);
  return {
    ...calibrateOnline(set, base),
    stages: delayStages(delays),
    mostReward: influence.rewardOverMean * mean,
  };
}

/** Events that earn something: what takes away from it does so only where something was earned. */
const typesOf = (reward: LearningJob['reward']): string[] => [
  ...new Set(
    Object.entries(reward).flatMap(([metric, weight]) =>
      weight > 0 ? (eventMetric(metric)?.type ?? []) : [],
    ),
  ),
];

interface CountedChange {
  readonly change: SlateChange;
  /** Nothing was learned from the slate before; it had no reward before. */
  readonly isFirst: boolean;
  readonly isFirstReward: boolean;
  /** By how much its rewards have grown. */
  readonly earned: number;
}

/** What has become known of each ranking, within what its persons may weigh. */
async function changesOf(
  { db }: Pick<Store, 'db'>,
  { base, reward, influence }: LearningJob,
  { stages, mostReward }: LearnerSettings,
  rankings: readonly ArrivedRanking[],
  span: { readonly from: number; readonly to: number },
): Promise<CountedChange[]> {
  const persons = await personsRankings(db, base.version, rankings, typesOf(reward));
  const isPointwise = base.schema.training.objective === 'pointwise';
  return rankings.flatMap((ranking) => {
    const { rankingId, at, itemIds, codes, propensities, isKnown } = ranking;
    const slots = itemIds.length;
    // What does not fit together teaches nothing: a slate of one weighs by its propensity.
    const isWhole =
      codes.length === slots * base.schema.features.length && arePropensities(propensities, slots);
    if (slots === 0 || !isWhole) return [];
    const { before: rankingsBefore = 0, rewardedBefore } = persons.get(rankingId) ?? {};
    const teachesMisses = isPointwise || slots === 1;
    const most = influence.rankingsPerPerson;
    if (teachesMisses ? rankingsBefore >= most : (rewardedBefore ?? 0) >= most) return [];
    const rewardsOf = (events: ArrivedRanking['events']) =>
      Float64Array.from(talliesOf(itemIds, events), (own) =>
        own === undefined ? 0 : Math.min(rewardOf(own, reward), mostReward),
      );
    const state = (rewards: Float64Array, ms: number) => ({
      reward: rewards,
      passed: sharePassed(stages, ms - at),
    });
    const after = state(rewardsOf(ranking.events), span.to);
    const before = isKnown
      ? state(rewardsOf(ranking.events.filter((event) => event.isKnown)), span.from)
      : undefined;
    const sum = (rewards: Float64Array | undefined) =>
      rewards?.reduce((total, value) => total + value, 0) ?? 0;
    const [earnedBefore, earnedAfter] = [sum(before?.reward), sum(after.reward)];
    const taught = (earned: number, passed: number) => earned > 0 || (teachesMisses && passed > 0);
    const isTaught = taught(earnedAfter, after.passed);
    return {
      change: { codes, propensity: propensities[0], ...(before && { before }), after },
      isFirst: isTaught && !taught(earnedBefore, before?.passed ?? 0),
      isFirstReward: earnedAfter > 0 && earnedBefore === 0,
      earned: earnedAfter - earnedBefore,
    };
  });
}

/** The farthest that an item of these slates is moved from the mean of its slate; of slates of one, from that of all of them. */
function farthestMove(
  problem: OnlineProblem,
  posterior: OnlinePosterior,
  changes: readonly CountedChange[],
): number {
  const moves = changes.map(({ change }) => movesOf(problem, posterior, change));
  const alone = Float64Array.from(moves.flatMap((own) => (own.length === 1 ? own[0] : [])));
  return [...moves.filter((own) => own.length > 1), alone].reduce((farthest, own) => {
    const mean = own.reduce((sum, value) => sum + value, 0) / (own.length || 1);
    return own.reduce((most, value) => Math.max(most, Math.abs(value - mean)), farthest);
  }, 0);
}
