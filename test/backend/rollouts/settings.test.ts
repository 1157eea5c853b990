import { expect, test } from 'vitest';
import { DEFAULT_ROLLOUT, parseRollout } from '../../../backend/rollouts/settings.ts';
import { DEFAULT_ROLLOUT_RULES } from '../../../backend/rollouts/steps.ts';

test('what is not given is as by default', () => {
  expect(parseRollout({})).toEqual(DEFAULT_ROLLOUT);
  expect(DEFAULT_ROLLOUT.mode).toBe('staged');
});

test('a step keeps what is not said of it, and the others are as they were', () => {
  const { rules } = parseRollout({ steps: { 'canary 5': { minSessions: 7 } } });
  expect(rules.steps['canary 5']).toEqual({
    ...DEFAULT_ROLLOUT_RULES.steps['canary 5'],
    minSessions: 7,
  });
  expect(rules.steps['canary 1']).toEqual(DEFAULT_ROLLOUT_RULES.steps['canary 1']);
  expect(rules.maxStepMs).toBe(DEFAULT_ROLLOUT_RULES.maxStepMs);
});

test('null lets a step wait for ever', () => {
  expect(parseRollout({ maxStepMs: null }).rules).not.toHaveProperty('maxStepMs');
});

test.each([
  ['a mode that is none', { mode: 'fast' }, /^mode: /],
  ['a step that is none', { steps: { 'canary 10': {} } }, /^steps: .*canary 10/],
  [
    'a metric that is none',
    { guardrails: [{ metric: 'clicks', margin: 0.1 }] },
    /^guardrails.0.metric: /,
  ],
  [
    'harm as a negative margin',
    { guardrails: [{ metric: 'saves', margin: -0.1 }] },
    /^guardrails.0.margin: /,
  ],
  ['no guardrail at all', { guardrails: [] }, /^guardrails: /],
  [
    'a guardrail where nobody is shown the challenger',
    { steps: { shadow: { guardrails: 'no harm' } } },
    /^steps.shadow.guardrails must be "nothing", but was "no harm"/,
  ],
  ['a share above 1', { shadowShare: 2 }, /^shadowShare: /],
  ['a schedule that never comes', { schedule: 'hourly' }, /^schedule: .*"hourly"/],
  ['a setting that is none', { sped: 1 }, /sped/],
])('%s is refused by name', (_, given, message) => {
  expect(() => parseRollout(given)).toThrow(message);
});
