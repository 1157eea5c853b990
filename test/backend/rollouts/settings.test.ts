import { expect, test } from 'vitest';
import { DEFAULT_ROLLOUT, parseRollout, rulesOf } from '../../../backend/rollouts/settings.ts';

test('what is not given is as by default', () => {
  expect(parseRollout({})).toEqual(DEFAULT_ROLLOUT);
  expect(DEFAULT_ROLLOUT.mode).toBe('staged');
});

test('a step keeps what is not said of it, and the others are as they were', () => {
  const { steps, maxStepMs } = parseRollout({ steps: { 'canary 5': { minSessions: 7 } } });
  expect(steps['canary 5']).toEqual({
    ...DEFAULT_ROLLOUT.steps['canary 5'],
    minSessions: 7,
  });
  expect(steps['canary 1']).toEqual(DEFAULT_ROLLOUT.steps['canary 1']);
  expect(maxStepMs).toBe(DEFAULT_ROLLOUT.maxStepMs);
});

test('null lets a step wait for ever', () => {
  expect(rulesOf(parseRollout({ maxStepMs: null }))).not.toHaveProperty('maxStepMs');
  expect(rulesOf(parseRollout({ maxStepMs: 5 })).maxStepMs).toBe(5);
});

test.each([
  [
    'a mode that is none',
    { mode: 'fast' },
    /^mode must be one of 'staged', 'direct', but was 'fast'$/,
  ],
  [
    'a step that is none',
    { steps: { 'canary 10': {} } },
    /^steps\['canary 10'\] is no setting: did you mean steps\['canary 1'\]\?$/,
  ],
  [
    'a metric that is none',
    { guardrails: [{ metric: 'clicks', margin: 0.1 }] },
    /^guardrails\[0\]\.metric must be one of 'click_through', .*, but was 'clicks'$/,
  ],
  [
    'harm as a negative margin',
    { guardrails: [{ metric: 'saves', margin: -0.1 }] },
    /^guardrails\[0\]\.margin must be a number, 0 or more and below 1, but was -0\.1$/,
  ],
  [
    'no guardrail at all',
    { guardrails: [] },
    /^guardrails must be a list of 1 or more, each an object with metric, margin, but was \[\]$/,
  ],
  [
    'a guardrail where nobody is shown the challenger',
    { steps: { shadow: { guardrails: 'no harm' } } },
    /^steps\.shadow\.guardrails must be 'nothing', as nobody is shown the challenger yet .*, but was 'no harm'$/,
  ],
  ['a share above 1', { shadowShare: 2 }, /^shadowShare must be a number from 0 to 1, but was 2$/],
  [
    'a schedule that never comes',
    { schedule: 'hourly' },
    /^schedule must be a cron pattern \(UTC\), or empty for never, but was 'hourly'$/,
  ],
  [
    'a setting that is none',
    { shadowshare: 1 },
    /^shadowshare is no setting: did you mean shadowShare\?$/,
  ],
])('%s is refused by name', (_, given, message) => {
  expect(() => parseRollout(given)).toThrow(message);
});
