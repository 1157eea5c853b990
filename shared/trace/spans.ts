import type { TraceContext } from './trace-context.ts';

/** By their numbers in OTLP. */
export const SPAN_KINDS = { internal: 1, server: 2, client: 3 } as const;
export type SpanKind = keyof typeof SPAN_KINDS;
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: TraceContext;
  /** Absent of the first span of a trace. */
  readonly parentId?: string;
  /** Epoch ms, with fractions where the clock has them. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Other traces that this was done for as well. */
  readonly links: readonly TraceContext[];
  readonly failed: boolean;
}

/** Answers to whoever has no key for it, or asks faster than they may. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 429]);

/** Something that takes time, while it takes it. It is told of once it has ended. */
export class Span {
  readonly context: TraceContext;
  readonly #spans: Spans;
  readonly #about: Pick<EndedSpan, 'name' | 'kind' | 'parentId' | 'startMs' | 'links'>;
  #attributes: Attributes = {};

  constructor(
    spans: Spans,
    context: TraceContext,
    about: Pick<EndedSpan, 'name' | 'kind' | 'parentId' | 'startMs' | 'links'>,
  ) {
    this.#spans = spans;
    this.context = context;
    this.#about = about;
  }

  /** What happens within it. */
  child(name: string, kind: SpanKind = 'internal'): Span {
    return this.#spans.within(this.context, name, kind);
  }

  /** Nothing that says who somebody is, or what they asked for. */
  set(attributes: Attributes): this {
    this.#attributes = { ...this.#attributes, ...attributes };
    return this;
  }

  end(failed = false, endMs = this.#spans.nowMs()): void {
    this.#spans.add({
      ...this.#about,
      context: this.context,
      attributes: this.#attributes,
      endMs,
      failed,
    });
  }

  /**
   * Ends the span of a request with the status of its answer. Who is refused is told of nowhere: no rate bounds how many they are, and they would take the
   * place of others.
   */
  answered(status: number): void {
    if (!REFUSED.has(status)) this.set({ 'http.response.status_code': status }).end(status >= 500);
  }
}

/** Spans that have ended and wait to be sent: so many at most, as nothing waits for them. */
export class Spans {
  readonly nowMs: () => number;
  readonly #share: number;
  readonly #random: () => number;
  readonly #most: number;
  #waiting: EndedSpan[] = [];
  /** Spans that nobody will see. */
  dropped = 0;

  /** @param share of what begins a trace here, 0 to 1. @param most that wait. @param random which of it, and what ids are. */
  constructor(share: number, most: number, nowMs: () => number, random: () => number) {
    this.#share = share;
    this.#random = random;
    this.#most = most;
    this.nowMs = nowMs;
  }

  /**
   * Begins a span of whoever asks, if their trace is sampled; a trace of its own where they name none, for the share that is sampled.
   * @returns undefined for all others: then nothing is told of this request.
   */
  begin(name: string, kind: SpanKind, parent: TraceContext | undefined): Span | undefined {
    if (parent === undefined)
      return this.#random() < this.#share ? this.root(name, kind) : undefined;
    return parent.isSampled ? this.within(parent, name, kind) : undefined;
  }

  /** Begins a trace, whatever share is sampled. */
  root(name: string, kind: SpanKind, startMs = this.nowMs()): Span {
    const context = { traceId: this.#hex(16), spanId: this.#hex(8), isSampled: true, state: '' };
    return new Span(this, context, { name, kind, startMs, links: [] });
  }

  within(
    parent: TraceContext,
    name: string,
    kind: SpanKind,
    links: readonly TraceContext[] = [],
  ): Span {
    const context = { ...parent, spanId: this.#hex(8) };
    const startMs = this.nowMs();
    return new Span(this, context, { name, kind, parentId: parent.spanId, startMs, links });
  }

  add(span: EndedSpan): void {
    if (this.#waiting.length >= this.#most) this.dropped++;
    else this.#waiting.push(span);
  }

  /** Hands over all that wait. */
  take(): readonly EndedSpan[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Ids need be unique and no secret: any generator will do. */
  #hex(bytes: number): string {
    let text = '';
    for (let i = 0; i < bytes; i += 4)
      text += Math.floor(this.#random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    // An id of zeros stands for none.
    return /[^0]/.test(text) ? text : this.#hex(bytes);
  }
}
