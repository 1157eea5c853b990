import type { Process } from './process.ts';

export interface QueuedEvent {
  atMs: number;
  /** Of two at the same time the one that was added first comes first. */
  order: number;
  readonly owner: Process;
  readonly run: () => void;
  isCancelled: boolean;
}

/** A binary heap by time and order. */
export class EventQueue {
  readonly #heap: QueuedEvent[] = [];
  #added = 0;

  add(atMs: number, owner: Process, run: () => void): QueuedEvent {
    const event = { atMs, order: 0, owner, run, isCancelled: false };
    this.put(event, atMs);
    return event;
  }

  /** Puts an event that was taken out back, for a later time. */
  put(event: QueuedEvent, atMs: number): void {
    event.atMs = atMs;
    event.order = this.#added++;
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = event;
  }

  next(): QueuedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (one: QueuedEvent, other: QueuedEvent): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
