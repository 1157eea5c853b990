import { describe, expect, it, test } from 'vitest';
// Of the browser: it has a project of its own.
const { ago, duration, figure, percent, percentInterval, points, short, whole } = await import(
  new URL('../../../backend/dashboard/browser/format.ts', import.meta.url).href
);

const NOW_MS = Date.UTC(2026, 10, 22);

describe('figures on the dashboard', () => {
  it.each([
    [999, '999 ms'],
    [1000, '1 s'],
    [59_000, '59 s'],
    [90_000, '2 min'],
    [3_600_000, '1 h'],
    [86_400_000 * 3, '3 d'],
  ])('show %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [0, 'just now'],
    [4999, 'just now'],
    [5000, '5 s ago'],
    [-3000, 'just now'],
  ])('show what happened %d ms ago as %s', (ms, text) => {
    expect(ago(NOW_MS - ms, NOW_MS)).toBe(text);
  });

  it.each([
    [-0.05, 0.1, '-5.0 % to 10.0 %'],
    [-0.05, null, '-5.0 % or more'],
    [null, 0.1, '10.0 % or less'],
    [null, null, 'not bounded yet'],
  ])('show %d to %d as %s', (low, high, text) => {
    expect(percentInterval({ low, high })).toBe(text);
  });

  it.each([
    [0.0123456, '0.0123'],
    [2.2511, '2.25'],
    [-0.5, '-0.5'],
    [12_345.6, '12,346'],
    [0, '0'],
  ])('show %d as %s', (x, text) => {
    expect(figure(x)).toBe(text);
  });

  it('show what is unknown as a dash', () => {
    expect([whole(undefined), percent(null)]).toEqual(['–', '–']);
    expect([whole(10_002), percent(0.787)]).toEqual(['10,002', '78.7 %']);
  });
});

test('points have their sign, and ids their first digits', () => {
  expect([12, -3.456, 0].map(points)).toEqual(['+12', '−3.46', '0']);
  expect(short('run run_0f3c2b1a9d8e7f60')).toBe('run 0f3c2b1a');
  expect(short('e1d20755-2dd3-47fd-8186-e1b8fdbc7821')).toBe('e1d20755');
});
