import { readTraceContext, TRACEPARENT, TRACESTATE } from '../../shared/trace/trace-context.ts';
import { Spans, type Span } from '../../shared/trace/spans.ts';
import { TraceExport } from '../../shared/trace/trace-export.ts';
import { pause } from './pause.ts';
import type { TraceSettings } from './settings.ts';

/** Spans that wait to be sent: with one sending a second, as many an isolate tells of in a second. */
const MOST_WAITING = 1000;
/** How long spans are gathered, so that one request sends those of many. */
const GATHER_MS = 1000;
const TIMEOUT_MS = 5000;
/** A sending that is not done by then never will be: the request that it belonged to was cancelled. */
const ABANDONED_MS = 10_000;

/** Routes that visitors and the backend ask in the course of something; no other request is told of. */
const ROUTE = /\/\/[^/]+(\/v1\/(?:rank\/batch|rank|events|forget|kv))(?=[/?]|$)/;

/** What an isolate, or a Durable Object, tells of what it does, where an address is set for it. */
export class Tracing {
  readonly spans: Spans;
  readonly #export: TraceExport;
  #gatheringSinceMs: number | undefined;

  constructor({ endpoint, headers, share }: TraceSettings) {
    this.spans = new Spans(share, MOST_WAITING, Date.now, Math.random);
    this.#export = new TraceExport(this.spans, { 'service.name': 'trimtab-edge' }, (body) =>
      post(endpoint, headers, body),
    );
  }

  /** @returns undefined where nothing is told of this request. */
  begin({ method, url, headers }: Request): Span | undefined {
    const route = ROUTE.exec(url)?.[1];
    if (route === undefined) return undefined;
    const parent = readTraceContext(headers.get(TRACEPARENT), headers.get(TRACESTATE));
    return this.spans
      .begin(`${method} ${route}`, 'server', parent)
      ?.set({ 'http.request.method': method, 'http.route': route });
  }

  /** Ends the span of a request with its answer, which is as it was. */
  async ended(
    span: Span,
    answered: Response | Promise<Response>,
    ctx: ExecutionContext,
  ): Promise<Response> {
    const response = await answered;
    span.answered(response.status);
    ctx.waitUntil(this.sendSoon());
    return response;
  }

  /** What has ended goes with what ends within the next second. Where a sending is under way, it takes this along. */
  async sendSoon(): Promise<void> {
    const nowMs = Date.now();
    const sinceMs = this.#gatheringSinceMs;
    if (sinceMs !== undefined && Math.abs(nowMs - sinceMs) < ABANDONED_MS) return;
    this.#gatheringSinceMs = nowMs;
    await pause(GATHER_MS);
    this.#gatheringSinceMs = undefined;
    await this.#export.flush();
  }

  /** Sends at once what has ended. */
  send(): Promise<void> {
    return this.#export.flush();
  }

  get counts() {
    return { exported: this.#export.exported, dropped: this.spans.dropped };
  }
}

async function post(
  endpoint: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<number> {
  // AbortSignal.timeout would leave a timer behind, which keeps an object awake.
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/json' },
      // The headers may hold a key, which is for nobody else.
      redirect: 'manual',
      signal: abort.signal,
    });
    await response.body?.cancel();
    return response.status;
  } finally {
    clearTimeout(timer);
  }
}
