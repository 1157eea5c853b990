import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../shared/domain/errors.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';

const asked = { sessionId: 's1' };
const NOW = Date.UTC(2026, 10, 1);
const touch = { itemId: 't1', type: 'view', at: NOW };

describe('parseRankRequest', () => {
  it('has defaults for all but the session', () => {
    expect(parseRankRequest(asked)).toEqual({
      sessionId: 's1',
      placement: 'main',
      consent: 'measure',
      preferences: {},
      context: {},
      recent: [],
      limit: 20,
      explain: false,
    });
  });

  it('keeps every form of wish and context, and drops nulls', () => {
    const preferences = { text: 'a', number: 1, list: ['a'], range: { min: 1 }, empty: {} };
    const context = { device: 'phone', hour: 7, member: false };
    const request = parseRankRequest({
      ...asked,
      preferences: { ...preferences, none: null },
      context: { ...context, none: null },
    });
    expect(request).toMatchObject({ preferences, context });
    expect(Object.keys({ ...request.preferences, ...request.context })).not.toContain('none');
  });

  it('takes demographics for context with the consent to personalise, and does not even read them without', () => {
    const sent = { ...asked, context: { device: 'phone' }, demographics: { ageGroup: '25-34' } };
    expect(parseRankRequest({ ...sent, consent: 'personalise' }).context).toEqual({
      device: 'phone',
      ageGroup: '25-34',
    });
    for (const consent of ['measure', 'none'])
      for (const demographics of [sent.demographics, 'nonsense'])
        expect(parseRankRequest({ ...sent, demographics, consent }).context).toEqual({
          device: 'phone',
        });
  });

  it('reads candidates as items or bare ids, in their order', () => {
    const { candidates } = parseRankRequest({
      ...asked,
      candidates: ['t2', { id: 't1', price: 5 }],
    });
    expect(candidates).toEqual([
      { id: 't2', attributes: {} },
      { id: 't1', attributes: { price: 5 } },
    ]);
  });

  it('keeps the latest 500 interactions of a long session', () => {
    const recent = Array.from({ length: 600 }, (_, at) => ({ ...touch, at: NOW + at }));
    const parsed = parseRankRequest({ ...asked, recent }).recent;
    expect([parsed.length, parsed[0].at, parsed.at(-1)!.at]).toEqual([500, NOW + 100, NOW + 599]);
  });

  it('takes wishes that are named like parts of every object for what they are', () => {
    const value: unknown = JSON.parse('{"sessionId":"s","preferences":{"__proto__":{"min":1}}}');
    expect('min' in parseRankRequest(value).preferences).toBe(false);
  });

  it.each<[unknown, string]>([
    [null, 'the body must be a JSON object with a sessionId'],
    [[asked], 'the body must be a JSON object with a sessionId'],
    [{}, 'sessionId must be'],
    [{ ...asked, userId: '' }, 'userId must be'],
    [{ ...asked, sessionId: 'ana@example.com' }, 'sessionId must not be an e-mail address'],
    [
      { ...asked, context: { page: 'x'.repeat(4096) } },
      'context may have at most 4096 characters as JSON, but had 4107',
    ],
    [
      { ...asked, consent: 'personalise', demographics: { ageGroup: ['25-34'] } },
      'demographics.ageGroup must be text, a finite number or a boolean',
    ],
    [
      { ...asked, consent: 'personalise', demographics: { a: 1 }, context: { a: 2 } },
      '"a" is in both context and demographics',
    ],
    [
      {
        ...asked,
        consent: 'personalise',
        demographics: { a: 'x'.repeat(2100) },
        context: { b: 'x'.repeat(2100) },
      },
      'context may have at most 4096 characters as JSON',
    ],
    [{ ...asked, userId: '+49-170-1234567' }, 'userId must not be a phone number'],
    [{ ...asked, placement: 'Home Page' }, 'placement must be 1 to 64 lower-case letters'],
    [
      { ...asked, consent: true },
      'consent must be one of none, measure, personalise, but was true',
    ],
    [{ ...asked, sessionId: undefined, consent: 'measure' }, 'sessionId must be'],
    [{ ...asked, limit: 0 }, 'limit must be a whole number from 1 to 100, but was 0'],
    [{ ...asked, limit: 101 }, 'but was 101'],
    [{ ...asked, limit: '5' }, 'but was "5"'],
    [{ ...asked, explain: 'yes' }, 'explain must be true or false'],
    [{ ...asked, preferences: ['a'] }, 'preferences must be an object'],
    [
      { ...asked, preferences: { budget: Number.NaN } },
      'preferences.budget must be text, a finite number, a list of texts, {min, max} or {amount, currency}',
    ],
    [{ ...asked, preferences: { budget: { min: 1, most: 2 } } }, 'preferences.budget must be'],
    [{ ...asked, preferences: { budget: { max: '9' } } }, 'preferences.budget must be'],
    [{ ...asked, preferences: { themes: [1] } }, 'preferences.themes must be'],
    [
      {
        ...asked,
        preferences: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`p${i}`, 1])),
      },
      'preferences may have at most 64 entries, but had 65',
    ],
    [
      { ...asked, context: { device: ['phone'] } },
      'context.device must be text, a finite number or a boolean',
    ],
    [
      { ...asked, candidates: [] },
      'candidates must be a list of 1 to 2000 items; leave it out to rank the catalogue',
    ],
    [
      { ...asked, candidates: Array.from({ length: 2001 }, (_, i) => `t${i}`) },
      'candidates must be a list of 1 to 2000 items',
    ],
    [{ ...asked, candidates: ['t1', 't1'] }, 'candidates[1]: item t1 is listed twice'],
    [{ ...asked, candidates: [{ id: 't1', price: {} }] }, 'item t1: attribute "price"'],
    [{ ...asked, recent: 't1' }, 'recent must be a list of {itemId, type, at}'],
    [{ ...asked, recent: [null] }, 'recent[0] must be {itemId, type, at}'],
    [
      { ...asked, recent: [touch, { ...touch, type: 5 }] },
      'recent[1].type must be a text of at most 64 characters, but was 5',
    ],
    [{ ...asked, recent: [{ ...touch, at: 'now' }] }, 'recent[0].at must be an ISO date'],
    [{ ...asked, recent: [{ ...touch, itemId: '' }] }, 'item id must be'],
    [{ ...asked, recent: [{ ...touch, itemId: 2 ** 53 }] }, 'send it as text'],
    [{ ...asked, recent: [{ ...touch, at: NOW / 1000 }] }, 'that would be seconds since 1970'],
    [{ ...asked, recent: [{ ...touch, at: NOW * 1000 }] }, 'that would be microseconds since 1970'],
    [{ ...asked, candidates: [{ id: 2 ** 53 }] }, 'send it as text'],
    [{ ...asked, candidates: [{ id: Infinity }] }, 'send it as text'],
    [{ ...asked, candidates: [{ id: -0 }] }, 'send it as text'],
    [{ ...asked, candidates: ['..'] }, 'item id must not be ".."'],
    [{ ...asked, sessionId: '.' }, 'sessionId must not be "."'],
    [{ ...asked, userId: '..' }, 'userId must not be ".."'],
    [
      { ...asked, preferences: { durationDays: { min: 10, max: 6 } } },
      'preferences.durationDays must not have a min (10) above its max (6)',
    ],
    [{ ...asked, prefs: {} }, 'there is no field "prefs": did you mean "preferences"?'],
    [{ ...asked, candidate: [] }, 'did you mean "candidates"?'],
    [{ ...asked, Limit: 5 }, 'did you mean "limit"?'],
    [
      { ...asked, ...Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`_${i}`, 1])) },
      'too many fields that are not known',
    ],
  ])('refuses %j', (value, message) => {
    const refused = () => parseRankRequest(value);
    expect(refused).toThrow(ApiError);
    expect(refused).toThrow(message);
  });

  it('needs no identity without consent, and goes by the default where none is stated', () => {
    expect(parseRankRequest({ consent: 'none' })).not.toHaveProperty('sessionId');
    expect(parseRankRequest({}, 'none').consent).toBe('none');
    expect(parseRankRequest({ ...asked, consent: 'personalise' }, 'none').consent).toBe(
      'personalise',
    );
    expect(() => parseRankRequest({ consent: 'none', sessionId: '' })).toThrow('sessionId must be');
    expect(parseRankRequest({ ...asked, placement: 'home' }).placement).toBe('home');
  });

  it('corrects what a clock that is off said, where the request shows by how much', () => {
    const HOUR = 3_600_000;
    const at = (sentAt: unknown) =>
      parseRankRequest({ ...asked, recent: [touch], sentAt }, 'measure', NOW).recent[0].at - NOW;
    expect(at(undefined)).toBe(0);
    // The time that a request takes is no fault of the clock.
    expect(at(NOW - 50_000)).toBe(0);
    expect(at(NOW + 5 * HOUR)).toBe(-5 * HOUR);
    expect(at(new Date(NOW - 5 * HOUR).toISOString())).toBe(5 * HOUR);
    const touchedIn1990 = { ...touch, at: '1990-01-01' };
    expect(() =>
      parseRankRequest({ ...asked, recent: [touchedIn1990], sentAt: '2099-01-01' }, 'measure', NOW),
    ).toThrow('recent[0].at and sentAt must be of one clock: 1990-01-01T00:00:00.000Z, corrected');
    expect(() => at(NOW / 1000)).toThrow('sentAt must be an ISO date or epoch milliseconds');
  });

  it('keeps the names of fields that are no known ones, and like none', () => {
    expect(parseRankRequest({ ...asked, page: 2 }).unknown).toEqual(['page']);
  });
});
