import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  readTraceContext,
  traceHeaders,
  traceparentOf,
} from '../../../shared/trace/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('the example of the standard is read', () => {
  expect(readTraceContext(`00-${TRACE}-${SPAN}-01`, 'rojo=00f067aa0ba902b7')).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    isSampled: true,
    state: 'rojo=00f067aa0ba902b7',
  });
});

test.each([
  [`00-${TRACE}-${SPAN}-00`, false],
  [`00-${TRACE}-${SPAN}-02`, false],
  [`00-${TRACE}-${SPAN}-03`, true],
  // A version to come may have more fields.
  [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, true],
  [`cc-${TRACE}-${SPAN}-01`, true],
])('%s is sampled: %s', (header, isSampled) =>
  expect(readTraceContext(header)).toMatchObject({ traceId: TRACE, spanId: SPAN, isSampled }),
);

test.each([
  ['', 'nothing'],
  [`ff-${TRACE}-${SPAN}-01`, 'a version that there never will be'],
  [`00-${TRACE}-${SPAN}-01-more`, 'more than version 00 has'],
  [`cc-${TRACE}-${SPAN}-01.more`, 'no dash before what is more'],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, 'a trace of zeros'],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, 'a span of zeros'],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, 'capitals'],
  [`00-${TRACE.slice(1)}-${SPAN}-01`, 'a short trace'],
  [`00-${TRACE}-${SPAN}-1`, 'short flags'],
  [`00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`, 'two of them'],
  [` 00-${TRACE}-${SPAN}-01`, 'a space before it'],
])('%s is ignored: %s', (header) => expect(readTraceContext(header)).toBeUndefined());

test('a state that nobody could pass on is dropped, and the trace goes on', () => {
  for (const state of ['a=b\r\nx-evil: 1', 'ä=1', 'a'.repeat(513), ''])
    expect(readTraceContext(`00-${TRACE}-${SPAN}-01`, state)).toMatchObject({ state: '' });
});

test('what is written is read again, and what is read is no more than that', () => {
  const id = (digits: number) =>
    fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => /[^0]/.test(text));
  fc.assert(
    fc.property(
      id(32),
      id(16),
      fc.boolean(),
      fc.stringMatching(/^[a-z]+=[!-~]{0,40}$/),
      (traceId, spanId, isSampled, state) => {
        const context = { traceId, spanId, isSampled, state };
        const headers = traceHeaders(context);
        expect(readTraceContext(headers.traceparent, headers.tracestate)).toEqual(context);
      },
    ),
  );
  fc.assert(
    fc.property(fc.string(), fc.string(), (header, state) => {
      const read = readTraceContext(header, state);
      if (read !== undefined)
        expect(traceparentOf(read)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    }),
  );
});
