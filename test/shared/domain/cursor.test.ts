import { describe, expect, it } from 'vitest';
import { signCursor, verifyCursor } from '../../../shared/domain/cursor.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { ItemId, RankingId } from '../../../shared/domain/ids.ts';
import { checkSameList, listAsked } from '../../../shared/domain/list-asked.ts';
import type { Placement } from '../../../shared/domain/placement.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';

const SECRET = 'a-secret-of-before';
const home = 'home' as Placement;
const cursor = {
  of: '6f1f1a0e-8c1d-4f65-9a33-1d1b6f1c2a01' as RankingId,
  placement: home,
  seed: 123456789,
  expiresAt: 1800000000000,
  shown: ['trip-1', 'trip-2', 'ü3'] as ItemId[],
};
/** As a release wrote it that did not say what was listed. */
const FORMAT_1 =
  'WzEsIjZmMWYxYTBlLThjMWQtNGY2NS05YTMzLTFkMWI2ZjFjMmEwMSIsImhvbWUiLDEyMzQ1Njc4OSwxODAwMDAwMDAwMDAwLCJ0cmlwLTEiLCJ0cmlwLTIiLCLDvDMiXQ.aSJWVOeG706rg7feI5AJJdjiNVR-_dzNn9Fzw8s-gmo';
/** As it is written now. */
const FORMAT_2 =
  'WzIsIjZmMWYxYTBlLThjMWQtNGY2NS05YTMzLTFkMWI2ZjFjMmEwMSIsImhvbWUiLDEyMzQ1Njc4OSwxODAwMDAwMDAwMDAwLHsiY3VycmVuY3kiOiJhYmMifSwidHJpcC0xIiwidHJpcC0yIiwiw7wzIl0.';
const read = (text: string, placement = home) =>
  verifyCursor(text, { session: 'visit-1', placement }, [SECRET], 0);

describe('a cursor', () => {
  it('of each format is read as it was written, whatever is written today', () => {
    expect(read(FORMAT_1)).toEqual({ ...cursor, list: undefined });
    const list = { currency: 'abc' };
    const written = signCursor({ ...cursor, list }, 'visit-1', SECRET);
    expect(written.slice(0, FORMAT_2.length)).toBe(FORMAT_2);
    expect(read(written)).toEqual({ ...cursor, list });
    const nothing = { ...cursor, list: {}, shown: [] };
    expect(read(signCursor(nothing, 'visit-1', SECRET))).toEqual(nothing);
  });
});

const MARKETS = { markets: { default: 'DE', markets: { DE: {}, CH: {} } } };
const NO_TRADE = undefined;

/** @param market as it was resolved. */
function listOf(body: object, trade: typeof MARKETS | undefined = NO_TRADE, market = 'DE') {
  const request = parseRankRequest({ sessionId: 's', ...body });
  return listAsked(request, { context: { ...request.context, market } }, trade);
}

const refusal = (before: object, now: object) => {
  try {
    checkSameList(listOf(before), listOf(now));
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, code: 'invalid_cursor' });
    return (error as ApiError).message;
  }
};

describe('the list that a request asks a page of', () => {
  const price = { column: 'price', to: 900 };

  it.each([
    ['filters', { filters: price }, { filters: { ...price, to: 901 } }],
    ['filters', { filters: price }, { filters: { ...price, currency: 'USD' } }],
    ['filters', {}, { filters: price }],
    ['currency', { currency: 'EUR' }, { currency: 'USD' }],
    ['language', { language: 'de' }, { language: 'fr' }],
    ['amounts', { amounts: ['price'] }, { amounts: ['price', 'rent'] }],
    ['related', { related: 'a' }, { related: { to: ['a', 'b'] } }],
  ])('is another one with other %s', (field, one, other) => {
    expect(refusal(one, other)).toContain(`other ${field}:`);
    expect(refusal(other, one)).toContain(`other ${field}:`);
    expect(refusal(one, one)).toBeUndefined();
  });

  it('names all that differs, and has no fields of objects', () => {
    expect(refusal({ currency: 'EUR', filters: price }, {})).toContain('other currency, filters:');
    expect(Object.keys(listOf({}))).toEqual([]);
  });

  it.each([
    [{ recent: [{ itemId: 'a', type: 'click', at: '2026-11-30T12:00:00Z' }] }],
    [{ preferences: { budget: 5 }, exclude: ['a'], context: { market: 'CH' } }],
    [{ limit: 3, explain: true }],
    [{ filters: null, currency: null, amounts: null, related: null }],
  ])('is the same with %j', (more) => {
    expect(refusal({}, more)).toBeUndefined();
  });

  it('is the same in another order of what has none', () => {
    expect(refusal({ amounts: ['a', 'b'] }, { amounts: ['b', 'a', 'b'] })).toBeUndefined();
    expect(
      refusal({ related: { to: ['a', 'b'] } }, { related: { to: ['b', 'a'] } }),
    ).toBeUndefined();
    const values = (...some: string[]) => ({ filters: { column: 'country', in: some } });
    expect(refusal(values('FR', 'AT'), values('AT', 'FR', 'AT'))).toBeUndefined();
  });

  it('is of a market only where the catalogue has markets, before and now', () => {
    const [none, german, swiss] = [
      listOf({}),
      listOf({}, MARKETS, 'DE'),
      listOf({}, MARKETS, 'CH'),
    ];
    expect(() => checkSameList(german, swiss)).toThrow('other context.market:');
    expect(() => checkSameList(german, listOf({}, MARKETS, 'DE'))).not.toThrow();
    expect(() => checkSameList(none, swiss)).not.toThrow();
    expect(() => checkSameList(german, none)).not.toThrow();
  });
});
