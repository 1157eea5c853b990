import { sql } from 'drizzle-orm';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Statement, Store } from '../../store/open.ts';
import { moveMark, readMark, setMark, statement } from '../account/mark.ts';

/** The batches that one shard sealed on one UTC day: what a backend takes under one lease. */
export interface Task {
  readonly day: string;
  readonly shard: string;
}

/** An object that holds no batch of an edge of ours, as far as is known. */
export interface RefusedBatch {
  readonly problem: string;
  readonly sizeBytes: number;
}

/** How far a task is taken. It lies in the database, so that one that is restored takes in again what it does not have. */
export interface TaskMark {
  /** All keys up to this one are taken or refused; empty: none. */
  readonly after: string;
  /** By key. They are tried again: perhaps this backend has not heard of a new secret yet. */
  readonly refused: Readonly<Record<string, RefusedBatch>>;
}

/** More are not remembered, so that the mark stays before them. */
export const MOST_REFUSED = 100;
const NAME = 'stored batches: ';
const nameOf = ({ day, shard }: Task) => `${NAME}day=${day}/shard=${shard}`;
const isTaskMark = sql`name >= ${NAME} and name < ${`${NAME}~`}`;

export async function readTaskMark(
  { db }: Pick<Store, 'db'>,
  task: Task,
): Promise<{ readonly text?: string; readonly mark: TaskMark }> {
  const { text, mark } = await readMark<TaskMark>(db, nameOf(task));
  return { ...(text !== undefined && { text }), mark: mark ?? { after: '', refused: {} } };
}

/** Sets it unless another backend did since it was read, which is no harm: what is taken twice is stored once. */
export async function writeTaskMark(
  store: Store,
  task: Task,
  from: string | undefined,
  mark: TaskMark,
): Promise<void> {
  await store.write([moveMark(nameOf(task), from, JSON.stringify(mark))]);
}

/** Those that have a mark; there may be nothing of them in the bucket any more. */
export async function markedTasks({ db }: Pick<Store, 'db'>): Promise<Task[]> {
  const rows = await db.all<{ name: string }>(
    sql`select name from log_marks where ${isTaskMark} order by name`,
  );
  return rows.flatMap(({ name }) => {
    const [, day, shard] = /day=([^/]*)\/shard=(.*)$/.exec(name) ?? [];
    return day === undefined ? [] : [{ day, shard }];
  });
}

/** Of a task of which nothing is left in the bucket. */
export async function forgetTaskMark(store: Store, task: Task): Promise<void> {
  await store.write([statement(store.db, sql`delete from log_marks where name = ${nameOf(task)}`)]);
}

const SWEPT = 'swept bucket';

/** Epoch ms: when the last sweep began that went through; -Infinity: none did. */
export async function readSwept({ db }: Pick<Store, 'db'>): Promise<number> {
  const { mark } = await readMark<{ readonly at: number }>(db, SWEPT);
  return mark?.at ?? -Infinity;
}

export const markSwept = ({ db }: Pick<Store, 'db'>, at: number): Statement =>
  setMark(db, SWEPT, { at });

/** Which of some batches, by their first entries, are committed, and when. */
export async function committedAt(
  { db }: Pick<Store, 'db'>,
  shard: string,
  firsts: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  // A batch of a shard is told by its first entry: no entry is in two. "." follows "-".
  const rows = await db.all<{ first: number; at: number }>(
    sql`select cast(value as integer) as first,
          (select committedAt from batches
           where batchId > ${`${shard}-`} || value || '-' and batchId < ${`${shard}-`} || value || '.' limit 1) as at
        from json_each(${JSON.stringify(firsts.map(String))})`,
  );
  return new Map(rows.filter(({ at }) => at !== null).map(({ first, at }) => [first, at]));
}

/** Everything that was refused and is still tried, for people. */
export async function listRefused({
  db,
}: Pick<Store, 'db'>): Promise<{ readonly key: string; readonly problem: string }[]> {
  const rows = await db.all<{ value: string }>(
    sql`select value from log_marks where ${isTaskMark} order by name`,
  );
  return rows.flatMap(({ value }) => {
    try {
      return Object.entries((JSON.parse(value) as TaskMark).refused).map(([key, { problem }]) => ({
        key,
        problem,
      }));
    } catch (error) {
      return [{ key: NAME, problem: messageOf(error) }];
    }
  });
}
