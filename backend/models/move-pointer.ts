import type { Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { readLive, recordAudit, recordLive } from './live-pointer.ts';
import { replacedBy, sinceOf } from './pointer-watch.ts';
import type { Publisher } from './publisher.ts';
import type { Store } from '../store/open.ts';
import { versionsOf } from './versions-of.ts';

interface How {
  /** For the audit log, where it is not who the pointer says made the champion live. */
  readonly actor?: string;
  readonly kvWasLost?: boolean;
}

/** One move of the pointer, recorded before and after. Nothing here asks whether it may be made. */
export interface PointerMover {
  /** @param text what KV is to hold: the pointer as JSON, or the bare id that holds it. */
  readonly move: (pointer: Pointer, text: string, action: string, how?: How) => Promise<void>;
  /** As JSON that says when. */
  readonly signed: (pointer: Pointer, action: string, how?: How) => Promise<void>;
}

export function pointerMover(deps: {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly settleMs: number;
  readonly nowMs: () => number;
  readonly onMoved: (kvWasLost: boolean) => void;
}): PointerMover {
  const { store, publisher, settleMs, nowMs, onMoved } = deps;

  const move = async (
    pointer: Pointer,
    text: string,
    action: string,
    { actor = pointer.by ?? 'backend', kvWasLost = false }: How = {},
  ) => {
    // Edges would go on with what they have, and this store would take itself for new.
    if (parsePointer(text) === undefined)
      throw new Error(`no edge could read this pointer, so it is not written: ${brief(text)}`);
    await publish(versionsOf(pointer));
    const live = await readLive(store);
    // The intention is recorded first, so that a move cut short is not taken for somebody's hand.
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
      recordAudit(store, {
        at,
        actor,
        action,
        subject: pointer.champion,
        details,
      }),
    ]);
    onMoved(kvWasLost);
  };

  /** What is known to be in KV is not written again. */
  const publish = async (wanted: readonly Version[]) => {
    const waiting = await publisher.unpublished();
    for (const version of wanted.filter((one) => waiting.includes(one)))
      await publisher.publishVersion(version);
  };

  const signed = async (pointer: Pointer, action: string, how?: How) => {
    const stamped = { ...pointer, at: nowMs() };
    await move(stamped, JSON.stringify(stamped), action, how);
  };
  return { move, signed };
}

/** Experiments may make it long, and the audit log keeps every move. */
const brief = (text: string): string => text.slice(0, 2000);
