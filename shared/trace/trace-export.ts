import { otlpJson } from './otlp.ts';
import type { Spans, Attributes } from './spans.ts';

/** Sends what has ended, at most once: what is refused, or not answered, is counted, and nobody waits for it. */
export class TraceExport {
  exported = 0;
  readonly #spans: Spans;
  readonly #resource: Attributes;
  readonly #send: (body: string) => Promise<number>;

  /** @param send posts a body. @returns the status of the answer; fails where there is none in time. */
  constructor(spans: Spans, resource: Attributes, send: (body: string) => Promise<number>) {
    this.#spans = spans;
    this.#resource = resource;
    this.#send = send;
  }

  /** Never fails. */
  async flush(): Promise<void> {
    const spans = this.#spans.take();
    if (spans.length === 0) return;
    const status = await this.#send(otlpJson(spans, this.#resource)).catch(() => 0);
    if (status >= 200 && status < 300) this.exported += spans.length;
    else this.#spans.dropped += spans.length;
  }
}

/** Headers as `OTEL_EXPORTER_OTLP_HEADERS` writes them: `name=value`, with commas between them, and values percent-encoded. */
export function readOtlpHeaders(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue;
    const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*([\x21-\x7e]*)\s*$/.exec(entry) ?? [];
    if (name === undefined) return undefined;
    try {
      headers[name.toLowerCase()] = decodeURIComponent(value);
    } catch {
      return undefined;
    }
  }
  return headers;
}
