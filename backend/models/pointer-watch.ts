import { isDeepStrictEqual } from 'node:util';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import type { Store } from '../store/open.ts';
import { readLive, recordAudit, recordLive, type Live } from './live-pointer.ts';
import type { Publisher } from './publisher.ts';

/** What one look at the pointer in KV found. */
export type Look = 'as recorded' | 'moved' | 'absent' | 'not ours';

/**
 * Compares the pointer in KV with the one that the store recorded. One that somebody moved by hand becomes
 * an audit row and a hold: from then on nothing here moves it until it is released.
 * @returns `absent` where KV has none, `not ours` where this store never recorded one: the caller's to solve.
 */
export async function lookAtPointer(
  publisher: Publisher,
  store: Store,
  settleMs: number,
  nowMs: number,
): Promise<Look> {
  const { live, text } = await readBoth(publisher, store);
  const justMoved = live !== undefined && wasJustMoved(live, settleMs, nowMs);
  if (text === undefined) return justMoved ? 'as recorded' : 'absent';
  if (live === undefined) return 'not ours';
  const replaced = [live.before, ...(live.earlier ?? [])];
  if (text === live.text || (justMoved && replaced.includes(text))) return 'as recorded';
  const seen = parsePointer(text);
  // Our own move, cut short between the write to KV and its record.
  const ours = seen !== undefined && text === live.intended;
  const pointer: Pointer = ours ? seen : { ...(seen ?? live.pointer), hold: true };
  await store.write([
    recordLive(store, {
      pointer,
      text,
      since: sinceOf(live, pointer, nowMs),
      ...replacedBy(live, settleMs, nowMs),
    }),
    recordAudit(store, {
      at: nowMs,
      actor: seen?.by ?? 'by hand, outside Trimtab',
      action: ours
        ? 'move completed'
        : seen === undefined
          ? 'pointer damaged'
          : 'pointer moved by hand',
      subject: pointer.champion,
      details: {
        text: text.slice(0, 500),
        before: live.text,
        ...(seen?.at !== undefined && { movedAt: seen.at }),
      },
    }),
  ]);
  return 'moved';
}

/** Read around the pointer until nothing changes: what another backend moves in between is not taken for a hand. */
async function readBoth(publisher: Publisher, store: Store) {
  for (let live = await readLive(store); ;) {
    const text = await publisher.readPointer();
    const again = await readLive(store);
    if (isDeepStrictEqual(live, again)) return { live, text };
    live = again;
  }
}

const wasJustMoved = ({ pointer }: Live, settleMs: number, nowMs: number): boolean =>
  nowMs - (pointer.at ?? 0) < settleMs;

/** What KV may go on showing after a move: the text that was there, and those that it may still have shown itself. */
export const replacedBy = (
  live: Live,
  settleMs: number,
  nowMs: number,
): Pick<Live, 'before' | 'earlier'> => {
  const earlier = wasJustMoved(live, settleMs, nowMs)
    ? [live.before, ...(live.earlier ?? [])].filter((text) => text !== undefined)
    : [];
  return { before: live.text, ...(earlier.length > 0 && { earlier }) };
};

/** A champion stays live while holds and arms around it change. */
export const sinceOf = (live: Live | undefined, pointer: Pointer, nowMs: number): number =>
  live?.pointer.champion === pointer.champion ? live.since : nowMs;
