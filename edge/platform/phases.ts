import type { Span } from '../../shared/trace/spans.ts';

/** Spans within one that follow each other without a gap. */
export class Phases {
  readonly #within: Span;
  #current: Span | undefined;

  constructor(within: Span) {
    this.#within = within;
  }

  /** The one before ends as this one begins. */
  next(name: string): void {
    this.#current?.end();
    this.#current = this.#within.child(name);
  }

  end(): void {
    this.#current?.end();
    this.#current = undefined;
  }
}
