import type { Span, Spans } from '../../shared/trace/spans.ts';
import type { TraceContext } from '../../shared/trace/trace-context.ts';
import type { SealedBatch } from './log-store.ts';

/** Beyond these nothing is remembered of a trace: its spans end at the edge. */
const MOST_WAITING = 64;

/**
 * Of which traces the entries are that a shard still has to ship. They are kept in memory alone, as a trace tells what happens and is no
 * part of the log: an object that starts anew ships everything, and tells of it in no trace.
 */
export class WaitingTraces {
  #waiting: { readonly seq: number; readonly context: TraceContext }[] = [];

  /** @param seq of the newest entry of these traces. */
  add(contexts: readonly TraceContext[], seq: number): void {
    for (const context of contexts)
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ seq, context });
  }

  /**
   * Begins to tell of a batch that is sent, in the first of its traces, with links to the others: a span has one parent.
   * @returns undefined where none of its entries is of a trace.
   */
  begin(spans: Spans, { first, last }: SealedBatch): Span | undefined {
    const [parent, ...links] = this.#waiting
      .filter(({ seq }) => seq >= first && seq <= last)
      .map(({ context }) => context);
    return parent && spans.within(parent, 'ship', 'client', links);
  }

  /** The batch is where it belongs. */
  done({ last }: SealedBatch): void {
    this.#waiting = this.#waiting.filter(({ seq }) => seq > last);
  }
}
