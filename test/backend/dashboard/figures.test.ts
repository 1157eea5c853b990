import { describe, expect, it } from 'vitest';
import { GENERATED } from '../../../backend/dashboard/generated.ts';

// Scripts of the page: plain JavaScript, with a project of its own.
const script = (name: string) =>
  import(new URL(`../../../backend/dashboard/browser/${name}`, import.meta.url).href);
const { ago, duration, figure, percent, percentInterval, whole } = await script('format.js');
// As the page is served it.
const { scaleOf, ticksOf } = await import(`data:text/javascript,${GENERATED['scale.js']}`);

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

describe('axes on the dashboard', () => {
  it.each([
    [0, 10, 5, [0, 2, 4, 6, 8, 10]],
    [1.84, 2.18, 4, [1.9, 2, 2.1]],
    [0, 0.03, 3, [0, 0.01, 0.02, 0.03]],
    [-1, 1, 4, [-1, -0.5, 0, 0.5, 1]],
    [5, 5, 4, [5]],
  ])('from %d to %d in about %d steps have ticks %j', (from, to, wanted, expected) => {
    expect(ticksOf([from, to], wanted)).toEqual(expected);
  });

  it('map data to pixels, upside down where asked, and the middle where there is no span', () => {
    expect([0, 5, 10].map(scaleOf([0, 10], [100, 0]))).toEqual([100, 50, 0]);
    expect(scaleOf([3, 3], [0, 10])(3)).toBe(5);
  });
});
