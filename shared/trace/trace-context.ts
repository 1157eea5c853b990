/** Of which trace something is, and under which of its spans it happens, as the headers of W3C Trace Context tell it. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
  /** What others say of the trace (`tracestate`), passed on as it came; empty where they say nothing. */
  readonly state: string;
}

export const TRACEPARENT = 'traceparent';
export const TRACESTATE = 'tracestate';

/** Version, trace, span and flags. Versions to come may add fields, and keep these (W3C Trace Context, 3.2.2). */
const FORM =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;
/** Members of a list, printable ASCII; longer lists need not be passed on (3.3.1.5). */
const STATE = /^[\x20-\x7e]{1,512}$/;

/** @returns undefined where there is no header, or one that the standard says to ignore. */
export function readTraceContext(
  header: string | null | undefined,
  state?: string | null,
): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = FORM.exec(header ?? '') ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  return {
    traceId,
    spanId,
    isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED,
    state: STATE.test(state ?? '') ? state! : '',
  };
}

export const traceparentOf = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${isSampled ? SAMPLED : 0}`;

/** The headers by which who is asked goes on in the same trace. */
export const traceHeaders = (context: TraceContext): Record<string, string> => ({
  [TRACEPARENT]: traceparentOf(context),
  ...(context.state !== '' && { [TRACESTATE]: context.state }),
});
