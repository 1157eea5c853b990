import type { IdentityKey } from '../../../shared/domain/identity.ts';
import { BATCHES_PREFIX, parseStoredBatchKey } from '../../../shared/format/stored-batch.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Metrics } from '../../process/metrics.ts';
import type { Store } from '../../store/open.ts';
import type { TakeIn } from '../ingest/take-in.ts';
import type { Bucket } from './bucket.ts';
import {
  committedAt,
  MOST_REFUSED,
  readTaskMark,
  writeTaskMark,
  type RefusedBatch,
  type Task,
} from './marks.ts';
import type { ObjectLease } from './object-lease.ts';
import { readBatch } from './read-batch.ts';

/** Behind the mark of a task is what was sealed so long ago and is taken: a list may lag, and a put may come late. */
export const LAG_MS = 600_000;
/** Objects that are read before the first of them is stored. */
const READ_AHEAD = 8;
/** The edge seals 1.5 MB; an entry that is larger makes a batch of its own. */
const MOST_BYTES = 16_000_000;
/** One turn with a task ends then, so that others have theirs. */
const TURN_MS = 20_000;
/** After which an object that was refused is looked at again. */
const REFUSED_AGAIN_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export interface TakeDeps {
  readonly bucket: Bucket;
  readonly store: Store;
  readonly takeIn: TakeIn;
  readonly metrics: Metrics;
  readonly ingestSecrets: readonly string[];
  readonly identity: IdentityKey;
  /** Told by which key an edge keys its ids. */
  readonly onFingerprint: (fingerprint: string) => void;
  readonly lease: (task: Task) => ObjectLease;
  /** A lease that holds for less is renewed before the next batch. */
  readonly leaseMarginMs: number;
  /** Told of each batch that this backend begins to store, under a lease that it holds. */
  readonly onTakes?: (task: Task, lease: ObjectLease) => void;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

interface Found {
  readonly key: string;
  readonly first: number;
  readonly sizeBytes: number;
}

export const prefixOf = ({ day, shard }: Task): string =>
  `${BATCHES_PREFIX}day=${day}/shard=${shard}/`;

/** Takes what is new of tasks, in the order of their logs, each under its lease. */
export function taskTaker(deps: TakeDeps) {
  const { bucket, store, nowMs } = deps;
  const refusedAtMs = new Map<string, number>();
  const mayTry = (key: string) => {
    const sinceMs = nowMs() - (refusedAtMs.get(key) ?? -Infinity);
    // Refused after now: the clock was put back.
    return sinceMs < 0 || sinceMs >= REFUSED_AGAIN_MS;
  };

  /** Which of them are committed, and when. */
  const committed = async (task: Task, found: readonly Found[]) =>
    found.length === 0
      ? new Map<number, number>()
      : committedAt(
          store,
          task.shard,
          found.map(({ first }) => first),
        );

  /** @returns what became of it, or why it was refused. @throws where it may be stored later. */
  const takeOne = async (
    { key, sizeBytes }: Found,
    read: Promise<Uint8Array | undefined>,
  ): Promise<'taken' | 'gone' | { readonly problem: string }> => {
    if (sizeBytes > MOST_BYTES) {
      const { keys } = await bucket.page(key, '');
      const isThere = keys.some((one) => one.key === key);
      return isThere ? { problem: `it is ${sizeBytes} bytes long` } : 'gone';
    }
    const bytes = await read;
    if (bytes === undefined) return 'gone';
    let found: ReturnType<typeof readBatch>;
    try {
      found = readBatch(key, bytes, deps.ingestSecrets, deps.identity);
    } catch (error) {
      return { problem: messageOf(error) };
    }
    deps.onFingerprint(found.fingerprint);
    await deps.takeIn(found.batch);
    return 'taken';
  };

  const takeAll = async (
    task: Task,
    lease: ObjectLease,
    found: readonly Found[],
    endsAtMs: number,
    refused: Record<string, RefusedBatch>,
  ): Promise<number> => {
    let taken = 0;
    for (let from = 0; from < found.length; from += READ_AHEAD) {
      const some = found.slice(from, from + READ_AHEAD);
      const reads = some.map(({ key, sizeBytes }) =>
        sizeBytes > MOST_BYTES
          ? Promise.resolve(undefined)
          : bucket.read(key).then((read) => read?.bytes),
      );
      for (const read of reads) read.catch(() => undefined);
      for (const [i, one] of some.entries()) {
        if (nowMs() > endsAtMs) return taken;
        if (!lease.isHeld(deps.leaseMarginMs) && !(await lease.renew())) return taken;
        deps.onTakes?.(task, lease);
        const became = await takeOne(one, reads[i]);
        if (typeof became === 'string') {
          if (became === 'taken') taken++;
          delete refused[one.key];
          refusedAtMs.delete(one.key);
          continue;
        }
        const { problem } = became;
        if (!refusedAtMs.has(one.key) && refused[one.key] === undefined) {
          deps.log(`a batch in the bucket was refused: ${one.key}: ${problem}`);
          deps.metrics.add('trimtab_ingest_refused_total', 1);
        }
        if (refusedAtMs.size >= MOST_REMEMBERED) refusedAtMs.clear();
        refusedAtMs.set(one.key, nowMs());
        if (refused[one.key] !== undefined || Object.keys(refused).length < MOST_REFUSED)
          refused[one.key] = { problem, sizeBytes: one.sizeBytes };
      }
    }
    return taken;
  };

  const inTurnOf = new Map<string, Promise<number>>();
  return {
    /**
     * This process takes a task once at a time, as its leases are all of one holder: the one that ended first would release what the other
     * still goes by, and another backend would take the same.
     * @param fromStart whether it is listed from its first key on, to find what came late; else from its mark.
     * @returns how many batches were taken now.
     */
    take(task: Task, fromStart = false): Promise<number> {
      const prefix = prefixOf(task);
      const before = inTurnOf.get(prefix) ?? Promise.resolve(0);
      const turn = before.catch(() => 0).then(() => takeInTurn(task, fromStart));
      inTurnOf.set(prefix, turn);
      const over = () => {
        if (inTurnOf.get(prefix) === turn) inTurnOf.delete(prefix);
      };
      turn.then(over, over);
      return turn;
    },
  };

  async function takeInTurn(task: Task, fromStart: boolean): Promise<number> {
    const { text, mark } = await readTaskMark(store, task);
    const refused = { ...mark.refused };
    const endsAtMs = nowMs() + TURN_MS;
    const prefix = prefixOf(task);
    // What was refused may be before the mark, and so in no list.
    let again = Object.entries(refused).flatMap(([key, { sizeBytes }]) => foundOf(key, sizeBytes));
    let { after } = mark;
    let mayMove = true;
    let lease: ObjectLease | undefined;
    let taken = 0;
    try {
      let from = fromStart ? '' : after;
      for (let isLast = false; !isLast && nowMs() <= endsAtMs;) {
        const page = await bucket.page(prefix, from);
        ({ isLast } = page);
        from = page.keys.at(-1)?.key ?? from;
        const listed = page.keys.flatMap(({ key, sizeBytes }) => foundOf(key, sizeBytes));
        const found = [...again, ...listed.filter(({ key }) => refused[key] === undefined)];
        again = [];
        let known = await committed(task, found);
        for (const { key, first } of found) if (known.has(first)) delete refused[key];
        const isLeft = ({ key, first }: Found) => !known.has(first) && mayTry(key);
        if (lease === undefined && found.some(isLeft)) {
          lease = deps.lease(task);
          if (!(await lease.renew())) return taken;
          // Another backend may have taken some before it released the lease.
          known = await committed(task, found);
        }
        const left = found.filter(isLeft);
        if (left.length > 0) taken += await takeAll(task, lease!, left, endsAtMs, refused);
        if (mayMove) [after, mayMove] = passed(listed, known, refused, after);
      }
    } finally {
      if (after !== mark.after || !isSame(refused, mark.refused))
        await writeTaskMark(store, task, text, { after, refused });
      await lease?.release();
    }
    return taken;
  }

  /**
   * How far the mark may move: to the last key before the first that is neither taken nor noted as refused, or may have others before it still.
   * @param known when which were committed, as of before this turn took any: what was taken just now has to wait anyhow.
   * @returns also whether it may move on behind these.
   */
  function passed(
    listed: readonly Found[],
    known: ReadonlyMap<number, number>,
    refused: Readonly<Record<string, RefusedBatch>>,
    after: string,
  ): [after: string, mayMove: boolean] {
    let last = after;
    for (const { key, first } of listed) {
      if (key <= last) continue;
      const at = known.get(first);
      const isOver = at === undefined ? refused[key] !== undefined : at <= nowMs() - LAG_MS;
      if (!isOver) return [last, false];
      last = key;
    }
    return [last, true];
  }
}

const foundOf = (key: string, sizeBytes: number): Found[] => {
  const named = parseStoredBatchKey(key);
  return named === undefined ? [] : [{ key, first: named.first, sizeBytes }];
};

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);
