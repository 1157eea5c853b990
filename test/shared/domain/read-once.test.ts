import { expect, it } from 'vitest';
import { rulesInForce, type ServedRule } from '../../../shared/domain/placed-rules.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { ReadOnce } from '../../../shared/domain/read-once.ts';

it('equal values are read once and are one object, and others are others', () => {
  let reads = 0;
  const once = new ReadOnce((value) => ({ value, number: ++reads }));
  const first = once.of({ a: [1, 2] });
  expect(once.of({ a: [1, 2] })).toBe(first);
  expect(once.of({ a: [2, 1] })).toEqual({ value: { a: [2, 1] }, number: 2 });
  expect(reads).toBe(2);
});

it('what is refused is refused each time', () => {
  const once = new ReadOnce((value) => {
    throw new Error(`not ${JSON.stringify(value)}`);
  });
  for (let i = 0; i < 2; i++) expect(() => once.of('this')).toThrow('not "this"');
});

it('what nobody asks for any more goes, however many others come, and what is asked for stays', () => {
  let reads = 0;
  const once = new ReadOnce((value) => ({ value, number: ++reads }));
  const [asked, left] = [once.of('asked'), once.of('left')];
  for (let i = 0; i < 20_000; i++) {
    once.of(`other ${i}`);
    expect(once.of('asked')).toBe(asked);
  }
  expect(once.of('left')).not.toBe(left);
  expect(once.of('left')).toEqual({ ...left, number: reads });
});

it('a value that is too deep for a text, or too long to come again, is still read', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const once = new ReadOnce((value) => ({ value }));
  expect(once.of(deep).value).toBe(deep);
  const long = 'x'.repeat(5000);
  expect(once.of(long)).toEqual({ value: long });
  expect(once.of(long)).not.toBe(once.of(long));
});

const ASKED = {
  sessionId: 's',
  filters: { column: 'price', to: 900 },
  slateRules: { caps: [{ column: 'country', most: 2 }] },
};
/** As a pointer that was read anew has them. */
const operators = (id = 'rule-1'): ServedRule[] => [
  { id, placement: '*', rules: { caps: [{ column: 'trip', most: 1 }] } },
];

it('requests that ask the same have the same filters and rules, also once the pointer was read again', () => {
  const ask = (id?: string) => {
    const { filters, slateRules: request } = parseRankRequest(structuredClone(ASKED));
    const sources = { request, operators: operators(id), schema: undefined };
    const { request: _, ...standing } = sources;
    return {
      filters,
      joined: rulesInForce(sources, 'home' as never, 0),
      standing: rulesInForce({ ...standing, request: undefined }, 'home' as never, 0),
    };
  };
  const [first, again, other] = [ask(), ask(), ask('rule-2')];
  expect(again.filters).toBe(first.filters);
  expect(again.joined).toBe(first.joined);
  expect(again.standing).toBe(first.standing);
  expect(first.joined!.caps!.map(({ by }) => by)).toEqual(['rule-1', undefined]);
  expect(other.joined!.caps!.map(({ by }) => by)).toEqual(['rule-2', undefined]);
});
