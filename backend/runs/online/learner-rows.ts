import { eq, sql } from 'drizzle-orm';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { OnlineCalibration } from '../../science/learn/online/calibration.ts';
import { nothingLearned, onlineProblem } from '../../science/learn/online/online-learner.ts';
import { posteriorFromBytes } from '../../science/learn/online/posterior-bytes.ts';
import type { DelayStage } from '../../science/learn/online/delay.ts';
import { LEARNED, moveMark, readMark, statement, type ReadMark } from '../../log/account/mark.ts';
import type { ReadTo } from '../../log/account/read-arrived.ts';
import type { Statement, Store } from '../../store/open.ts';
import { logMarks, onlineLearning } from '../../store/tables.ts';

export type LearnerRow = typeof onlineLearning.$inferSelect;

/** What was measured before anything was learned. */
export interface LearnerSettings extends OnlineCalibration {
  readonly stages: readonly DelayStage[];
  /** Reward of an item beyond which it counts no more. */
  readonly mostReward: number;
  /** How many slates had been learned from when this was measured; absent: none. */
  readonly measuredAt?: number;
}

/** How far the log was learned from. */
export interface LearnedMark extends ReadTo {
  readonly version: Version;
  /** Epoch ms by the log: what should have come of a ranking counts as of then. */
  readonly toMs: number;
  /** Of the deltas that are served of what was learned; absent: none are. */
  readonly number?: number;
}

export const settingsOf = ({ calibration }: LearnerRow): LearnerSettings =>
  calibration as unknown as LearnerSettings;

/** What was learned of a version, ready to go on. @param spread as `onlineProblem`. */
export function learnerOf(base: AdditiveScorer, row: LearnerRow, spread: number) {
  const problem = onlineProblem(base, settingsOf(row), spread);
  const posterior =
    row.posterior.length === 0
      ? nothingLearned(problem)
      : posteriorFromBytes(problem, row.posterior);
  return { problem, posterior };
}

export const readLearnedMark = (db: Store['db'], arm: string): Promise<ReadMark<LearnedMark>> =>
  readMark<LearnedMark>(db, LEARNED + arm);

export async function readLearner(
  { db }: Pick<Store, 'db'>,
  arm: string,
): Promise<LearnerRow | undefined> {
  const [row] = await db.select().from(onlineLearning).where(eq(onlineLearning.arm, arm));
  return row;
}

export const readLearners = ({ db }: Pick<Store, 'db'>): Promise<LearnerRow[]> =>
  db.select().from(onlineLearning).orderBy(onlineLearning.arm);

/**
 * Statements of one transaction: what was learned and how far the log was read for it. Where another backend was first, or rows of the log
 * were deleted, neither takes effect. @param from the mark's text as it was read. @param to as `markText` makes it.
 */
export function storeLearned(row: LearnerRow, from: string | undefined, to: string): Statement[] {
  const { arm, version, startedAt, salt, slates, rewarded, earned, updatedAt } = row;
  const { changed, atLimit, limitedSince } = row;
  const mark = LEARNED + arm;
  const params = [
    arm,
    version,
    startedAt,
    JSON.stringify(row.reward),
    JSON.stringify(row.calibration),
    row.posterior,
    salt,
    slates,
    rewarded,
    earned,
    updatedAt,
    changed,
    atLimit,
    limitedSince,
    mark,
    to,
  ];
  // By hand: it is written every few seconds.
  return [moveMark(mark, from, to), { toSQL: () => ({ sql: STORE, params }) }];
}

const COLUMNS = [
  'arm',
  'version',
  'startedAt',
  'reward',
  'calibration',
  'posterior',
  'salt',
  'slates',
  'rewarded',
  'earned',
  'updatedAt',
  'changed',
  'atLimit',
  'limitedSince',
];
const STORE = `insert into online_learning (${COLUMNS.join(', ')})
  select ${COLUMNS.map(() => '?').join(', ')} where (select value from log_marks where name = ?) = ?
  on conflict do update set ${COLUMNS.slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}, stoppedAt = null, why = null`;

/** What was learned is dropped, and nothing more is learned of the version. */
export const stopLearner = (
  { db }: Pick<Store, 'db'>,
  { arm, version }: Pick<LearnerRow, 'arm' | 'version'>,
  why: string,
  nowMs: number,
): Statement =>
  statement(
    db,
    sql`update online_learning set stoppedAt = ${nowMs}, why = ${why}
      where arm = ${arm} and version = ${version} and stoppedAt is null`,
  );

/** Forgets an arm: it is over, or somebody holds the pointer. */
export const forgetLearner = ({ db }: Pick<Store, 'db'>, arm: string): Statement[] => [
  db.delete(onlineLearning).where(eq(onlineLearning.arm, arm)),
  db.delete(logMarks).where(eq(logMarks.name, LEARNED + arm)),
];
