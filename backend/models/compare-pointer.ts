import { isDeepStrictEqual } from 'node:util';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { auditedPointer } from './audited-pointer.ts';
import { heldByHand } from './compose-pointer.ts';
import { readLive, recordLive, replacedBy, sinceOf, wasJustMoved } from './live-pointer.ts';
import { recordFoundRevision } from './pointer-revisions.ts';
import type { Publisher } from './publisher.ts';

/** Who moved a pointer that names nobody. */
export const BY_HAND = 'by hand, outside Trimtab';

/** `absent`: KV has no pointer; `unknown`: KV has one, and this store never recorded any. The caller handles both. */
export type PointerFound = 'as recorded' | 'moved' | 'absent' | 'unknown';

/**
 * Compares the pointer in KV with the one that the store recorded. A pointer that somebody moved by hand is recorded
 * in the audit log and held: from then on no move is made here until it is released.
 */
export async function comparePointer(
  publisher: Publisher,
  store: Store,
  settleMs: number,
  nowMs: number,
): Promise<PointerFound> {
  const { live, text } = await readBoth(publisher, store);
  const justMoved = live !== undefined && wasJustMoved(live, settleMs, nowMs);
  if (text === undefined) return justMoved ? 'as recorded' : 'absent';
  if (live === undefined) return 'unknown';
  const replaced = [live.before, ...(live.earlier ?? [])];
  if (text === live.text || (justMoved && replaced.includes(text))) return 'as recorded';
  const seen = parsePointer(text);
  // A move of this backend that a crash cut short between the write to KV and its record.
  const ours = seen !== undefined && text === live.intended;
  const pointer: Pointer = ours
    ? seen
    : { ...(seen ?? live.pointer), ...heldByHand(seen, live.pointer), hold: true };
  await store.write([
    recordLive(store, {
      pointer,
      text,
      since: sinceOf(live, pointer, nowMs),
      ...replacedBy(live, settleMs, nowMs),
    }),
    ...recordFoundRevision(store, text, nowMs),
    recordAudit(store, {
      at: nowMs,
      actor: seen?.by ?? BY_HAND,
      action: ours
        ? 'move completed'
        : seen === undefined
          ? 'pointer damaged'
          : 'pointer moved by hand',
      subject: pointer.champion,
      details: {
        ...auditedPointer(pointer, text, 500),
        before: live.text,
        ...(seen?.at !== undefined && { movedAt: seen.at }),
      },
    }),
  ]);
  return 'moved';
}

/** Reads the record before and after the pointer until both agree: else another backend's move would be taken for a move by hand. */
async function readBoth(publisher: Publisher, store: Store) {
  for (let live = await readLive(store); ;) {
    const text = await publisher.readPointer();
    const again = await readLive(store);
    if (isDeepStrictEqual(live, again)) return { live, text };
    live = again;
  }
}
