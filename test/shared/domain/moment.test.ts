import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../shared/domain/errors.ts';
import { parseMoment } from '../../../shared/domain/moment.ts';

const MAY_6 = Date.UTC(2027, 4, 6);
const TEN = MAY_6 + 10 * 3_600_000;

describe('a moment has one meaning, whatever the zone of the machine', () => {
  it.each<[unknown, number]>([
    ['2027-05-06', MAY_6],
    [' 2027-05-06 ', MAY_6],
    ['2027-05-06T10:00', TEN],
    ['2027-05-06 10:00:00', TEN],
    ['2027-05-06t10:00:00z', TEN],
    ['2027-05-06T10:00:00Z', TEN],
    ['2027-05-06T10:00:00.0009999Z', TEN],
    ['2027-05-06T10:00:00.25Z', TEN + 250],
    ['2027-05-06T12:00:00+02:00', TEN],
    ['2027-05-06T12:00+0200', TEN],
    ['2027-05-06T12+02', Number.NaN],
    ['2027-05-06T05:30:00-04:30', TEN],
    ['2027-05-06T24:00:00', MAY_6 + 86_400_000],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    // Not on any clock of a zone with summer time, and an ordinary hour in UTC.
    ['2026-03-29 02:58:00', Date.UTC(2026, 2, 29, 2, 58)],
    [TEN, TEN],
    [TEN + 0.5, TEN],
    [String(TEN), TEN],
    ['1990-01-01', Date.UTC(1990, 0, 1)],
    ['2099-12-31T23:59:59.999Z', Date.UTC(2100, 0, 1) - 1],
  ])('%j', (value, ms) => {
    if (Number.isNaN(ms)) expect(() => parseMoment(value, 'x')).toThrow(ApiError);
    else expect(parseMoment(value, 'x')).toBe(ms);
  });
});

describe('what is no moment is refused, naming the value and the form', () => {
  it.each<[unknown, RegExp]>([
    ['2027-02-30', /"2027-02-30": there is no such day; write 2027-05-06/],
    ['2027-02-29', /no such day/],
    ['2027-13-01', /no such day/],
    ['2027-00-10', /no such day/],
    ['2027-05-06T25:00', /no such time/],
    ['2027-05-06T24:00:01', /no such time/],
    ['2027-05-06T10:60', /no such time/],
    ['2027-05-06T10:00:60', /no such time/],
    ['2027-05-06T10:00+25:00', /no such time/],
    ['tour 7', /at must be an ISO date or epoch milliseconds, but was "tour 7": write 2027-05-06/],
    ['room 12', /"room 12": write/],
    ['05/06/2027', /"05\/06\/2027": write/],
    ['13/06/2027', /write/],
    ['6 May 2027', /write/],
    ['2027-5-6', /write/],
    ['2027-W10', /write/],
    ['2027-05-06T', /write/],
    ['2027-05-06 10:00 CET', /write/],
    ['', /write/],
    // A calendar that takes two digits for a year of the twentieth century would find these in range.
    ['0095-05-06', /"0095-05-06": it must lie from 1990 to 2099/],
    ['0090-01-01T00:00Z', /from 1990 to 2099/],
    ['0000-02-29', /from 1990 to 2099/],
    [-0, /but was -0: /],
    ['1', /from 1990 to 2099/],
    ['2027', /from 1990 to 2099/],
    ['20270506', /from 1990 to 2099/],
    [-5, /from 1990 to 2099/],
    ['1989-12-31', /from 1990 to 2099/],
    ['2100-01-01', /from 1990 to 2099/],
    [8.64e15 + 1, /from 1990 to 2099|seconds/],
    [1e300, /from 1990 to 2099/],
    [Number.POSITIVE_INFINITY, /was Infinity/],
    [Number.NaN, /was NaN/],
    [
      1_809_129_600,
      /was 1809129600: that would be seconds since 1970: give milliseconds, 1809129600000/,
    ],
    ['1809129600', /that would be seconds since 1970: give milliseconds, 1809129600000/],
    [
      1_809_129_600_000_000,
      /that would be microseconds since 1970: give milliseconds, 1809129600000/,
    ],
    ['1809129600000000000', /that would be nanoseconds/],
    [true, /but was true/],
    [null, /but was null/],
    [undefined, /but was undefined/],
    [['2027-05-06'], /write/],
    [{}, /write/],
  ])('%j', (value, message) => {
    expect(() => parseMoment(value, 'at')).toThrow(ApiError);
    expect(() => parseMoment(value, 'at')).toThrow(message);
  });

  it('shows no more of the value than a line', () => {
    expect(() => parseMoment('x'.repeat(100_000), 'at')).toThrow(/^.{0,300}$/);
  });
});
