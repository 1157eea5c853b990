import { BATCHES_PREFIX, parseStoredBatchKey } from '../../../shared/format/stored-batch.ts';
import type { Store } from '../../store/open.ts';
import type { Bucket } from './bucket.ts';
import { committedAt, forgetTaskMark, markedTasks, type Task } from './marks.ts';
import { leaseKey } from './object-lease.ts';
import { LAG_MS, prefixOf } from './take-task.ts';

const HOUR_MS = 3_600_000;
/** Objects that are deleted at the same time. */
const AT_ONCE = 16;
/** A shard may still put what it sealed so long ago. */
const MAY_COME_MS = 48 * HOUR_MS;

export interface Swept {
  readonly deleted: number;
  /** Epoch ms: everything that was sealed before is gone from the bucket. */
  readonly goneBefore: number;
  /** Whether nothing is left in it. */
  readonly isEmpty: boolean;
  /** Why batches could not be taken. */
  readonly problems: readonly unknown[];
}

/** Days and shards that have objects, the oldest first. */
export async function listTasks(bucket: Bucket): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const dayFolder of await bucket.folders(BATCHES_PREFIX)) {
    const day = /day=(\d{4}-\d\d-\d\d)\/$/.exec(dayFolder)?.[1];
    if (day === undefined) continue;
    for (const folder of await bucket.folders(dayFolder)) {
      const shard = /shard=([0-9a-z.]{1,64})\/$/.exec(folder)?.[1];
      if (shard !== undefined) tasks.push({ day, shard });
    }
  }
  return tasks;
}

/** Also those of which somebody else deleted all that was left: what was refused of them is not there any more. */
async function allTasks(bucket: Bucket, store: Store): Promise<Task[]> {
  const listed = await listTasks(bucket);
  const names = new Set(listed.map(taskLeaseName));
  const marked = await markedTasks(store);
  return [...listed, ...marked.filter((task) => !names.has(taskLeaseName(task)))];
}

/** By which lease a task is taken. */
export const taskLeaseName = ({ day, shard }: Task): string => `${day}/${shard}`;

/**
 * Reads every key that is there: takes what a mark has passed and nobody has committed, and deletes what was committed and
 * sealed long enough ago. Nothing is deleted that the database does not know as committed.
 * @param take of all keys of a task; one that fails keeps back no other.
 */
export async function sweepBatches({
  bucket,
  store,
  take,
  keepHours,
  nowMs,
}: {
  readonly bucket: Bucket;
  readonly store: Store;
  readonly take: (task: Task) => Promise<unknown>;
  readonly keepHours: number;
  readonly nowMs: () => number;
}): Promise<Swept> {
  let deleted = 0;
  let isEmpty = true;
  // What was sealed a moment ago may still be on its way, or in no list yet.
  let goneBefore = nowMs() - LAG_MS;
  const problems: unknown[] = [];
  for (const task of await allTasks(bucket, store)) {
    await take(task).catch((error: unknown) => problems.push(error));
    const deleteBefore = nowMs() - keepHours * HOUR_MS;
    let left = 0;
    let from = '';
    for (let isLast = false; !isLast;) {
      const page = await bucket.page(prefixOf(task), from);
      ({ isLast } = page);
      from = page.keys.at(-1)?.key ?? from;
      const found = page.keys.flatMap(({ key }) => {
        const named = parseStoredBatchKey(key);
        return named === undefined ? [] : [{ key, ...named }];
      });
      left += page.keys.length - found.length;
      const known = await committedAt(
        store,
        task.shard,
        found.map(({ first }) => first),
      );
      const old = found.filter(
        ({ first, sealedAt }) => known.has(first) && sealedAt < deleteBefore,
      );
      for (let i = 0; i < old.length; i += AT_ONCE)
        await Promise.all(old.slice(i, i + AT_ONCE).map(({ key }) => bucket.delete(key)));
      deleted += old.length;
      const gone = new Set(old);
      for (const one of found) {
        if (gone.has(one)) continue;
        left++;
        goneBefore = Math.min(goneBefore, one.sealedAt);
      }
    }
    isEmpty &&= left === 0;
    if (left === 0 && Date.parse(task.day) < nowMs() - MAY_COME_MS) {
      await forgetTaskMark(store, task);
      await bucket.delete(leaseKey(taskLeaseName(task)));
    }
  }
  return { deleted, goneBefore, isEmpty, problems };
}
