import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { movedByAnother, type Lease } from '../scheduler/lease.ts';
import { recordAudit } from '../store/audit.ts';
import type { Statement, Store } from '../store/open.ts';
import { auditedPointer } from './audited-pointer.ts';
import { readLive, recordLive, replacedBy, sinceOf } from './live-pointer.ts';
import { numberPointer } from './pointer-revisions.ts';
import type { Publisher } from './publisher.ts';
import { versionsInPointer } from './versions-in-pointer.ts';

/** Longer than a write takes that succeeds. */
const WRITE_WITHIN_MS = 8000;
/** By how much the clocks of backends and of the edge may differ without a write of one backend arriving in the turn of the next. */
const CLOCKS_MS = 5000;

/** How long a backend holds the pointer: it has to hold it for as long as anything that it wrote may still arrive. */
export const MOVE_MS = WRITE_WITHIN_MS + CLOCKS_MS + 7000;

interface WriteOptions {
  /** For the audit log, where it is not who the pointer says made the champion live. */
  readonly actor?: string;
  readonly kvWasLost?: boolean;
  /** For the audit log, of a move of a placement's own lineage: the version, and the placement. */
  readonly subject?: Version;
  readonly placement?: string;
}

/** Writes the pointer to KV, and records each write before and after. Whether it may be written is for the caller to check. */
export interface PointerWriter {
  /** @param text what KV is to hold: the pointer as JSON, or a bare version id, which holds that version. */
  readonly write: (
    pointer: Pointer,
    text: string,
    action: string,
    options?: WriteOptions,
  ) => Promise<void>;
  /** Resolves once nothing that was written can arrive any more. */
  readonly settled: () => Promise<void>;
  readonly isSettled: () => boolean;
  /** Writes it as JSON, with the current time and a revision of its own. */
  readonly writeNumbered: (
    pointer: Pointer,
    action: string,
    options?: WriteOptions,
  ) => Promise<void>;
}

export function pointerWriter(deps: {
  readonly store: Store;
  readonly publisher: Publisher;
  /** Whose holder alone moves the pointer. */
  readonly moving: Lease;
  readonly settleMs: number;
  readonly nowMs: () => number;
  readonly onMoved: (kvWasLost: boolean) => void;
}): PointerWriter {
  const { store, publisher, moving, settleMs, nowMs, onMoved } = deps;
  /** Moves of a backend follow each other, so there is one write at a time. */
  let settling: Promise<void> | undefined;

  /** What is recorded is recorded only by who has the lease: who was stopped meanwhile would undo what came after. */
  const record = async (statements: readonly Statement[]) => {
    const guard = sql`select case when ${moving.held} then 1 else json('the lease is lost') end`;
    try {
      await store.write([{ toSQL: () => store.db.run(guard).getQuery() }, ...statements]);
    } catch (error) {
      throw /malformed JSON/.test(messageOf(error)) ? movedByAnother() : error;
    }
  };

  /**
   * Gives KV the text. The write arrives while this backend holds the lease, or never: else one that was delayed on its way could
   * undo a rollback that another backend made meanwhile. A lease that was lost is not taken again: another backend may have moved the
   * pointer and be done with it.
   */
  const publish = async (text: string) => {
    if (!(await moving.extend()) || !moving.isHeld(WRITE_WITHIN_MS + CLOCKS_MS))
      throw movedByAnother();
    try {
      await publisher.writePointer(text, WRITE_WITHIN_MS);
    } catch (error) {
      settling = sleep(WRITE_WITHIN_MS + CLOCKS_MS).then(() => (settling = undefined));
      throw error;
    }
  };

  const write = async (
    pointer: Pointer,
    text: string,
    action: string,
    {
      actor = pointer.by ?? 'backend',
      kvWasLost = false,
      subject = pointer.champion,
      placement,
    }: WriteOptions = {},
  ) => {
    // Edges would keep their current version, and this store could not read its own record.
    if (parsePointer(text) === undefined)
      // Without its text, which holds the salts of experiments: whoever asks whether this backend is ready is told of it.
      throw new Error(
        `no edge could read this pointer, so it is not written (${pointer.champion})`,
        {
          cause: text,
        },
      );
    await publisher.ensurePublished(versionsInPointer(pointer));
    const live = await readLive(store);
    // The write is recorded before it is made: else one that a crash interrupts would be taken for a move by hand.
    if (live !== undefined) await record([recordLive(store, { ...live, intended: text })]);
    await publish(text);
    const at = nowMs();
    const details = {
      ...auditedPointer(pointer, text, MOST_AUDITED, placement),
      ...(live && { before: live.text.slice(0, MOST_AUDITED) }),
    };
    await record([
      recordLive(store, {
        pointer,
        text,
        since: sinceOf(live, pointer, at),
        ...(live && replacedBy(live, settleMs, at)),
      }),
      recordAudit(store, { at, actor, action, subject, details }),
    ]);
    onMoved(kvWasLost);
  };

  const writeNumbered = async (given: Pointer, action: string, options?: WriteOptions) => {
    const { pointer, text } = await numberPointer(store, given, nowMs());
    await write(pointer, text, action, options);
  };
  return {
    write,
    writeNumbered,
    settled: async () => settling,
    isSettled: () => settling === undefined,
  };
}

/** Characters of a pointer's text, as the audit log stores every move. */
const MOST_AUDITED = 2000;
