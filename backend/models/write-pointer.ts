import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { readLive, recordLive, replacedBy, sinceOf } from './live-pointer.ts';
import { numberPointer } from './pointer-revisions.ts';
import type { Publisher } from './publisher.ts';
import { versionsInPointer } from './versions-in-pointer.ts';

interface WriteOptions {
  /** For the audit log, where it is not who the pointer says made the champion live. */
  readonly actor?: string;
  readonly kvWasLost?: boolean;
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
  readonly settleMs: number;
  readonly nowMs: () => number;
  readonly onMoved: (kvWasLost: boolean) => void;
}): PointerWriter {
  const { store, publisher, settleMs, nowMs, onMoved } = deps;

  const write = async (
    pointer: Pointer,
    text: string,
    action: string,
    { actor = pointer.by ?? 'backend', kvWasLost = false }: WriteOptions = {},
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
    if (live !== undefined) await store.write([recordLive(store, { ...live, intended: text })]);
    await publisher.writePointer(text);
    const at = nowMs();
    const details = { text: brief(text), ...(live && { before: brief(live.text) }) };
    await store.write([
      recordLive(store, {
        pointer,
        text,
        since: sinceOf(live, pointer, at),
        ...(live && replacedBy(live, settleMs, at)),
      }),
      recordAudit(store, { at, actor, action, subject: pointer.champion, details }),
    ]);
    onMoved(kvWasLost);
  };

  const writeNumbered = async (given: Pointer, action: string, options?: WriteOptions) => {
    const { pointer, text } = await numberPointer(store, given, nowMs());
    await write(pointer, text, action, options);
  };
  return { write, writeNumbered };
}

/** Experiments may make a pointer long, and the audit log stores every move. */
const brief = (text: string): string => text.slice(0, 2000);
