import { AsyncLocalStorage } from 'node:async_hooks';
import { readTraceContext, traceHeaders } from '../../shared/trace/trace-context.ts';
import { Spans, type Attributes, type Span, type SpanKind } from '../../shared/trace/spans.ts';
import { TraceExport } from '../../shared/trace/trace-export.ts';

/** Spans that wait: sent every two seconds, they are more than a backend makes in that time, unless nobody answers. */
const MOST_WAITING = 4000;
const SEND_EVERY_MS = 2000;

/** Tells of what the backend does, in the trace of whoever asked for it. */
export interface Tracing {
  /** Of a request by HTTP: a span where its trace is sampled, or it begins one that is. @param work answers with a status. */
  request(
    name: string,
    headers: Readonly<Record<'traceparent' | 'tracestate', string | undefined>>,
    work: (span: Span | undefined) => Promise<number>,
  ): Promise<void>;
  /** What happens within something that is told of; else it is not told of either. */
  within<T>(name: string, work: (span: Span | undefined) => Promise<T>): Promise<T>;
  /** What is rare, and told of always: within what it is done for, else in a trace of its own. */
  always<T>(name: string, work: (span: Span | undefined) => Promise<T>): Promise<T>;
  /** The same of what is over. */
  record(
    name: string,
    about: {
      readonly startMs: number;
      readonly endMs: number;
      readonly failed: boolean;
      readonly attributes: Attributes;
    },
  ): void;
  /** By which who is asked now goes on in the same trace; empty where nothing is told of. */
  headers(): Record<string, string>;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** Tells of nothing. */
export const NO_TRACING: Tracing = {
  request: async (_name, _headers, work) => void (await work(undefined)),
  within: (_name, work) => work(undefined),
  always: (_name, work) => work(undefined),
  record: () => {},
  headers: () => ({}),
  stop: async () => {},
};

/** Fractions of a millisecond, which a span of a query needs; it does not go back with the system's clock. */
const nowMs = () => performance.timeOrigin + performance.now();

/**
 * @param share of requests that are of no trace yet, 0 to 1. @param send posts a body of OTLP. @returns the status of the answer.
 * @param onSent is told how many spans were sent, and how many nobody will see, since the start.
 */
export function tracingBy(
  share: number,
  send: (body: string) => Promise<number>,
  onSent: (counts: { readonly exported: number; readonly dropped: number }) => void,
): Tracing {
  const spans = new Spans(share, MOST_WAITING, nowMs, Math.random);
  const sending = new TraceExport(spans, { 'service.name': 'trimtab-backend' }, send);
  const active = new AsyncLocalStorage<Span>();
  const flush = async () => {
    await sending.flush();
    onSent({ exported: sending.exported, dropped: spans.dropped });
  };
  let underWay: Promise<void> | undefined;
  // One at a time: where nobody answers, spans wait, and at last are dropped.
  const timer = setInterval(() => {
    underWay ??= flush().finally(() => (underWay = undefined));
  }, SEND_EVERY_MS).unref();

  async function during<T>(
    span: Span,
    work: (span: Span) => Promise<T>,
    end: (done: T) => void = () => span.end(),
  ): Promise<T> {
    try {
      const done = await active.run(span, () => work(span));
      end(done);
      return done;
    } catch (error) {
      span.end(true);
      throw error;
    }
  }
  const inside = (name: string, kind: SpanKind = 'internal') =>
    active.getStore()?.child(name, kind);

  return {
    async request(name, { traceparent, tracestate }, work) {
      const span = spans.begin(name, 'server', readTraceContext(traceparent, tracestate));
      if (span === undefined) await work(undefined);
      else await during(span, work, (status) => span.answered(status));
    },
    within(name, work) {
      const span = inside(name);
      return span === undefined ? work(undefined) : during(span, work);
    },
    always: (name, work) => during(inside(name) ?? spans.root(name, 'internal'), work),
    record(name, { startMs, endMs, failed, attributes }) {
      spans.root(name, 'internal', startMs).set(attributes).end(failed, endMs);
    },
    headers() {
      const span = active.getStore();
      return span === undefined ? {} : traceHeaders(span.context);
    },
    async stop() {
      clearInterval(timer);
      await underWay;
      await flush();
    },
  };
}
