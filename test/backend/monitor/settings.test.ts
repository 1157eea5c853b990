import { expect, test } from 'vitest';
import { DEFAULT_MONITORS, parseMonitors } from '../../../backend/monitor/settings.ts';

test('what is not given is as documented', () => {
  expect(parseMonitors({})).toEqual(DEFAULT_MONITORS);
  expect(parseMonitors({ stale: { rankingHours: 2 }, clearMinutes: 0 })).toEqual({
    ...DEFAULT_MONITORS,
    clearMinutes: 0,
    stale: { ...DEFAULT_MONITORS.stale, rankingHours: 2 },
  });
});

test.each([
  [{ stall: {} }, /stall/],
  [{ stale: { hours: 1 } }, /stale.*hours/],
  [{ drift: { maxScorePsi: 0 } }, /drift\.maxScorePsi/],
  [{ degraded: { maxShare: 2 } }, /degraded\.maxShare/],
  [{ metrics: { alpha: 0.2 } }, /metrics\.alpha/],
  [{ metrics: { trailingDays: 10 } }, /minDays must be at most trailingDays \(10\), but was 14/],
  [{ dailySchedule: 'daily' }, /^dailySchedule: .*"daily"/],
  [[], /expected object/],
])('%j is refused by name', (given, message) => {
  expect(() => parseMonitors(given)).toThrow(message);
});
