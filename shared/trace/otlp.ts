import { SPAN_KINDS, type Attributes, type EndedSpan } from './spans.ts';

const STATUS_ERROR = 2;

/**
 * The body of `POST /v1/traces`: an `ExportTraceServiceRequest` of OTLP 1.x in its JSON encoding, which has ids in hex, whole numbers of 64
 * bits as texts, and enumerations as numbers (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
 * @param resource who tells it, such as `service.name`.
 */
export const otlpJson = (spans: readonly EndedSpan[], resource: Attributes): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: listed(resource) },
        scopeSpans: [{ scope: { name: 'trimtab' }, spans: spans.map(spanOf) }],
      },
    ],
  });

const spanOf = ({ name, kind, context, parentId, startMs, endMs, ...span }: EndedSpan) => ({
  traceId: context.traceId,
  spanId: context.spanId,
  ...(context.state !== '' && { traceState: context.state }),
  ...(parentId !== undefined && { parentSpanId: parentId }),
  name,
  kind: SPAN_KINDS[kind],
  startTimeUnixNano: nanoseconds(startMs),
  endTimeUnixNano: nanoseconds(Math.max(startMs, endMs)),
  attributes: listed(span.attributes),
  links: span.links.map(({ traceId, spanId }) => ({ traceId, spanId, attributes: [] })),
  status: span.failed ? { code: STATUS_ERROR } : {},
});

/** Nanoseconds since 1970 are more than a double holds exactly; microseconds are not. */
const nanoseconds = (ms: number) => `${Math.round(ms * 1000)}000`;

const listed = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));

function valueOf(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
