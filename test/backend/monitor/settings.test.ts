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
  [{ stall: {} }, /^stall is no setting: did you mean stale\?$/],
  [{ stale: { hours: 1 } }, /^stale\.hours is no setting: known are rankingHours, /],
  [{ drift: { maxScorePsi: 0 } }, /^drift\.maxScorePsi must be a number, above 0, but was 0$/],
  [{ degraded: { maxShare: 2 } }, /^degraded\.maxShare must be a number from 0 to 1, but was 2$/],
  [
    { metrics: { alpha: 0.2 } },
    /^metrics\.alpha must be a number, above 0 and up to 0\.05, but was 0\.2$/,
  ],
  [{ metrics: { trailingDays: 10 } }, /minDays must be at most trailingDays \(10\), but was 14/],
  [{ dailySchedule: 'daily' }, /^dailySchedule must be a cron pattern .*'daily'$/],
  [[], /^the value must be an object with schedule, .*, but was \[\]$/],
])('%j is refused by name', (given, message) => {
  expect(() => parseMonitors(given)).toThrow(message);
});
