import type { Client } from '../types.ts';
import { onLeaving } from './leaving.ts';

/** A position is looked at so often at most: where a pointer was, and not what it drew. */
const EVERY_MS = 250;
const CELLS = 10;
/** What is typed, chosen or written is nobody's business, nor is what the page calls private. */
const PRIVATE = 'input, textarea, select, option, [contenteditable], [data-trimtab-private]';

/**
 * Counts in which cell of a grid of 10 × 10 over the whole page the pointer was, and records the counts when the page is left.
 * Positions over fields are not counted. @returns stops it.
 */
export function trackPointer(client: Client): () => void {
  const counts = new Map<string, number>();
  let lastAt = -EVERY_MS;
  const moved = (event: PointerEvent) => {
    const isPrivate = event
      .composedPath()
      .some((node) => node instanceof Element && node.matches(PRIVATE));
    if (isPrivate || event.timeStamp - lastAt < EVERY_MS || client.consent === 'none') return;
    lastAt = event.timeStamp;
    const { scrollWidth, scrollHeight } = document.documentElement;
    const cell = `${cellOf(event.pageX / scrollWidth)},${cellOf(event.pageY / scrollHeight)}`;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  };
  const stopLeaving = onLeaving(() => {
    for (const [cell, value] of counts)
      client.track('pointer_activity', { value, properties: { cell } });
    counts.clear();
  });
  addEventListener('pointermove', moved, { passive: true });
  return () => {
    removeEventListener('pointermove', moved);
    stopLeaving();
  };
}

const cellOf = (share: number) => Math.max(0, Math.min(CELLS - 1, Math.floor(share * CELLS)));
