import { randomUUID } from 'node:crypto';
import type { Version } from '../../../shared/domain/ids.ts';
import type { WeightDelta } from '../../../shared/domain/weight-delta.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { classifyLog } from '../../log/account/classify-log.ts';
import { markText } from '../../log/account/mark.ts';
import { anyMisses, arrivedTo, readArrived } from '../../log/account/read-arrived.ts';
import { deltasFromBytes, deltasToBytes } from '../../science/learn/online/delta-bytes.ts';
import { deltasOf } from '../../science/learn/online/deltas-of.ts';
import {
  afterTurn,
  countAtLimit,
  forget,
  isSound,
  learnFrom,
  type OnlinePosterior,
  type OnlineProblem,
} from '../../science/learn/online/online-learner.ts';
import { posteriorToBytes } from '../../science/learn/online/posterior-bytes.ts';
import type { Statement, Store } from '../../store/open.ts';
import {
  learnerOf,
  readLearner,
  settingsOf,
  stopLearner,
  storeLearned,
  type LearnedMark,
  type LearnerRow,
  type LearnerSettings,
} from './learner-rows.ts';
import { changesOf, type CountedChange } from './changes-of.ts';
import type { LearningJob } from './learning-job.ts';
import { measure } from './measure.ts';
import { readHead, type Head } from './read-head.ts';
import { newestDeltas, storeDeltas, type ServedDeltas } from './served-deltas.ts';

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
      /** How many weights are changed as far as the trust region lets them. */
      readonly atLimit: number;
      /** Of the deltas, by which decisions name them; 0 where nothing was learned yet. */
      readonly number: number;
      readonly deltas: readonly WeightDelta[];
    };

/** What is read at a time, so that a log of hours is not held at once. */
const PAGE = { decisions: 4000, events: 10_000 };
/** Time goes on by so much at most, as all that is old enough for another look is read at once; after a pause of more than a day by more. */
const STEP_MS = 15 * 60_000;
/** Shards of the edge's log are shipped one by one: what one of them still holds must not count as missing. */
const SHIPPING_MS = 5000;
const HOUR_MS = 3_600_000;

/** What an arm's turn comes to. */
export interface LearnedTurn {
  /** Once `unwritten` is written, and has moved the mark. */
  readonly state: LearningState;
  /** One transaction, whose first statement affects no row where another backend was first: then the turn is to be taken again. */
  readonly unwritten: readonly Statement[];
}

/**
 * Learns from all that has come into the log since the last time, by the rules of the account, which need not be up to date. What was
 * learned and how far the log was read are one transaction: after a crash, and on several backends, each row counts once.
 * @param memory of this process: what is in it need not be read again.
 */
export async function learnArrived(
  store: Pick<Store, 'db' | 'write'>,
  job: LearningJob,
  nowMs: number,
  memory: LearnerMemory = emptyMemory(),
): Promise<LearningState> {
  for (;;) {
    const { state, unwritten } = await learnTurn(store, job, nowMs, memory);
    if (unwritten.length === 0) return state;
    const [moved] = await store.write(unwritten);
    if (moved > 0) return state;
  }
}

/** As `learnArrived`, but for the last transaction, which is left to the caller: between threads each message is a large part of a turn. */
export async function learnTurn(
  store: Pick<Store, 'db' | 'write'>,
  job: LearningJob,
  nowMs: number,
  memory: LearnerMemory,
): Promise<LearnedTurn> {
  for (;;) {
    const done = await learnPage(store, job, nowMs, memory);
    if (done !== undefined) return 'state' in done ? done : { state: done, unwritten: [] };
  }
}

/** What was learned as it is stored under the text of a mark. */
export interface Known {
  readonly text: string;
  readonly row: LearnerRow;
  readonly problem: OnlineProblem;
  readonly posterior: OnlinePosterior;
  /** What is served of it. */
  readonly sent: Sent;
  /** Whether a ranking may still become a miss by its age alone. */
  readonly hasMisses: boolean;
}

interface Sent extends ServedDeltas {
  readonly deltas: readonly WeightDelta[];
  /** As of when by the log it was made, epoch ms. */
  readonly toMs: number;
}

/** Where nothing is learned, what was learned fades by so little in this time that it need not be sent. */
const FADE_MS = 60_000;

export interface LearnerMemory {
  /** What was stored last, by arm. */
  readonly known: Map<string, Known>;
  /** Sessions on days that stay bots whatever they do next. */
  readonly crawlers: Set<string>;
}

export const emptyMemory = (): LearnerMemory => ({ known: new Map(), crawlers: new Set() });

/** Beyond that they are read again, each once. */
const MOST_CRAWLERS = 10_000;

/** @returns undefined where more is to be read, or another backend was first. */
async function learnPage(
  store: Pick<Store, 'db' | 'write'>,
  job: LearningJob,
  nowMs: number,
  { known, crawlers }: LearnerMemory,
): Promise<LearningState | LearnedTurn | undefined> {
  const { db } = store;
  const { arm, base } = job;
  const { text, mark, stop, ends, logMs: newestMs } = await readHead(store, arm, nowMs);
  const held = known.get(arm);
  const isHeld =
    held !== undefined &&
    held.text === text &&
    held.row.version === base.version &&
    stop !== undefined;
  const row = isHeld ? { ...held.row, ...stop } : await readLearner(store, arm);
  const isOwn = row?.version === base.version && mark?.version === base.version;
  if (isOwn && row.why !== null) return { is: 'stopped', why: row.why };
  const isSameReward = isOwn && JSON.stringify(row.reward) === JSON.stringify(job.reward);
  if (!isOwn || !isSameReward) {
    await classifyLog(store, job.rules);
    const measured = await measure(store, job, nowMs);
    if (typeof measured === 'number') return { is: 'waiting', rewarded: measured };
    const next = isOwn
      ? {
          ...row,
          ...rewardOfRow(job),
          calibration: { ...measured, ...turnOf(row), measuredAt: row.slates },
        }
      : firstRow(job, measured, nowMs);
    const from = isOwn ? mark : markOfNow(job, ends, newestMs);
    if (from === undefined) return { is: 'waiting', rewarded: 0 };
    await store.write(storeLearned(next, text, markText(from)));
    return undefined;
  }
  const settings = settingsOf(row);
  const to = await arrivedTo(db, mark, ends, PAGE);
  if (to === undefined) return { is: 'waiting', rewarded: 0 };
  const logMs = to.isAll ? newestMs : undefined;
  const readMs = (logMs ?? 0) - SHIPPING_MS;
  // A mark of a time that has not come yet is of a clock that was ahead: from then on every ranking would count as a miss at once.
  const isAhead = logMs !== undefined && mark.toMs > nowMs + HOUR_MS;
  const stepMs = Math.max(STEP_MS, (readMs - mark.toMs) / 100);
  const toMs = isAhead ? readMs : Math.max(mark.toMs, Math.min(readMs, mark.toMs + stepMs));
  let { problem, posterior } = isHeld ? held : learnerOf(base, row, job.settings.spread);
  const sent = isHeld ? held.sent : await sentOf(store, row, problem, mark.number);
  const misses = base.schema.training.objective === 'pointwise' ? 'all' : 'of one item';
  const { stages } = settings;
  const query = { version: base.version, features: base.schema.features.length, misses } as const;
  let hasMisses = isHeld
    ? held.hasMisses
    : await anyMisses(db, query, mark.toMs - stages[stages.length - 1].ageMs);
  // From here on the posterior changes in place, and is what is stored or nothing.
  known.delete(arm);
  const isNew =
    to.decisions?.rowid !== mark.decisions?.rowid || to.events?.rowid !== mark.events?.rowid;
  if (!isNew && toMs === mark.toMs) {
    if (text !== undefined) known.set(arm, { text, row, problem, posterior, sent, hasMisses });
    return stateOf(row, sent);
  }
  if (crawlers.size > MOST_CRAWLERS) crawlers.clear();
  const looks = stages.map(({ ageMs }) => ({ from: mark.toMs - ageMs, to: toMs - ageMs }));
  const arrived = await readArrived(
    db,
    {
      ...query,
      rules: job.rules,
      from: mark,
      to,
      spans: hasMisses ? looks : [],
      ...(job.except && { except: job.except }),
    },
    crawlers,
  );
  hasMisses ||= arrived.hasMisses;
  const passedMs = Math.max(0, toMs - mark.toMs);
  const kept = 2 ** (-passedMs / (job.settings.halfLifeHours * HOUR_MS));
  forget(problem, posterior, kept);
  const changes = await changesOf(store, job, settings, arrived, { from: mark.toMs, to: toMs });
  for (const { change } of changes) learnFrom(problem, posterior, change);
  if (!isSound(problem, posterior)) {
    const why =
      'what was learned is not a number, of a reward or a propensity that nobody should have logged';
    await store.write([stopLearner(store, row, why, nowMs)]);
    return { is: 'stopped', why };
  }
  ({ problem, posterior } = afterTurn(problem, posterior, job.settings.spread) ?? {
    problem,
    posterior,
  });
  const { trustRegion } = job.settings;
  const isDue = changes.length > 0 || Math.abs(toMs - sent.toMs) >= FADE_MS;
  const next = isDue ? nextSent(problem, posterior, sent, trustRegion, toMs) : sent;
  const atLimit = countAtLimit(problem, posterior, trustRegion);
  const isLimited = atLimit > 0 && atLimit >= LARGE_SHARE * next.deltas.length;
  const learned: LearnerRow = {
    ...row,
    calibration: { ...problem.calibration },
    posterior: Buffer.from(posteriorToBytes(problem, posterior)),
    slates: row.slates + changes.filter(({ isFirst }) => isFirst).length,
    rewarded: changes.reduce((sum, { rewardedBy }) => sum + rewardedBy, row.rewarded),
    earned: row.earned + changes.reduce((sum, { earned }) => sum + earned, 0),
    changed: next.deltas.length,
    atLimit,
    limitedSince: isLimited ? (row.limitedSince ?? nowMs) : null,
    updatedAt: nowMs,
  };
  const nextMark: LearnedMark = {
    version: base.version,
    decisions: to.decisions,
    events: to.events,
    toMs,
    ...(next.content.length > 0 && { number: next.number }),
  };
  const nextText = markText(nextMark);
  const statements = storeLearned(learned, text, nextText);
  if (next.number !== sent.number)
    statements.push(storeDeltas(arm, base.version, next, nowMs, nextText));
  // Whether it will have been written is seen by the text of the mark when the next turn begins.
  const remember = () =>
    known.set(arm, { text: nextText, row: learned, problem, posterior, sent: next, hasMisses });
  const isTaught = mayTeachAlone(learned, base, changes);
  if (!isTaught && to.isAll && toMs >= readMs) {
    remember();
    return { state: stateOf(learned, next), unwritten: statements };
  }
  const [moved] = await store.write(statements);
  if (moved === 0) return undefined;
  if (isTaught) {
    await classifyLog(store, job.rules);
    const before = settingsOf(learned);
    const measured = await measure(store, job, nowMs, before);
    const calibration = {
      ...before,
      ...(typeof measured !== 'number' && ofAlone(measured)),
      measuredAt: learned.slates,
    };
    await store.write(storeLearned({ ...learned, calibration }, nextText, nextText));
    return undefined;
  }
  remember();
  return undefined;
}

/** That people turned since a version was fitted stays true, whatever is measured. */
const turnOf = (row: LearnerRow) => {
  const { hasTurned } = settingsOf(row);
  return hasTurned === undefined ? {} : { hasTurned };
};

/** What slates of one are learned from by. The rest stays: by other delays, rankings that are still open would pass the age at which they count unseen. */
const ofAlone = ({
  intercept,
  interceptPrecision,
  evidence,
  meanReward,
  aloneWeight,
  forcedTeaches,
}: LearnerSettings) =>
  aloneWeight === 0
    ? {}
    : { intercept, interceptPrecision, evidence, meanReward, aloneWeight, forcedTeaches };

/**
 * Whether slates of one, which taught nothing when it was measured, may do so by now: all of them had been rewarded, or none, or there
 * were none. It is measured each time as many more slates have come, so that a site whose slates of one never teach hardly reads its log for it.
 */
function mayTeachAlone(
  row: LearnerRow,
  { schema }: AdditiveScorer,
  changes: readonly CountedChange[],
): boolean {
  const { aloneWeight, measuredAt = 0 } = settingsOf(row);
  return (
    aloneWeight === 0 &&
    schema.training.objective === 'listwise' &&
    row.slates >= 2 * measuredAt &&
    changes.some(({ change, isFirst }) => isFirst && change.after.reward.length === 1)
  );
}

/** Where so many of the weights that are changed are changed as far as they may, tastes are not those that the version was made by. */
const LARGE_SHARE = 0.1;

async function sentOf(
  store: Pick<Store, 'db'>,
  { arm, version }: LearnerRow,
  { base }: OnlineProblem,
  served: number | undefined,
): Promise<Sent> {
  const newest = await newestDeltas(store, arm, version);
  // Those of before it was forgotten are not served any more, and no others have their numbers.
  if (newest.number !== served)
    return { number: newest.number, content: new Uint8Array(), deltas: [], toMs: 0 };
  return { ...newest, deltas: deltasFromBytes(base.schema, newest.content), toMs: 0 };
}

/** What is to be served of what was learned, by the next number where it is not what was served before. */
function nextSent(
  problem: OnlineProblem,
  posterior: OnlinePosterior,
  sent: Sent,
  trustRegion: number,
  toMs: number,
): Sent {
  const deltas = deltasOf(problem, posterior, trustRegion);
  const content = deltasToBytes(problem.base.schema, deltas);
  if (Buffer.compare(content, sent.content) === 0) return { ...sent, toMs };
  return { number: sent.number + 1, content, deltas, toMs };
}

const stateOf = (
  { version, salt, slates, rewarded, atLimit }: LearnerRow,
  { number, deltas }: Sent,
): LearningState => ({
  is: 'learning',
  version: version as Version,
  salt,
  slates,
  rewarded,
  atLimit,
  number,
  deltas,
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
  changed: 0,
  atLimit: 0,
  limitedSince: null,
  updatedAt: nowMs,
  stoppedAt: null,
  why: null,
});

/** Learning begins with what comes in from now on: what was there has been trained on, or is what slots and delays were measured by. */
const markOfNow = (
  { base }: LearningJob,
  { decisions, events }: Head['ends'],
  logMs: number | undefined,
): LearnedMark | undefined =>
  logMs === undefined
    ? undefined
    : { version: base.version, decisions, events, toMs: logMs - SHIPPING_MS };
