import { expect, test } from 'vitest';
import { rolloutText } from '../../../backend/cli/rollouts/rollout-text.ts';
import type { Rollout } from '../../../backend/http/answers.ts';
import { decideRollout } from '../../../backend/rollouts/decide-rollout.ts';
import type { RolloutEvidence } from '../../../backend/rollouts/rollout-evidence.ts';
import { at, CHAMPION, HOUR_MS } from '../rollouts/support/rollout-evidence.ts';

const decided = (evidence: Partial<RolloutEvidence>) =>
  decideRollout(
    at('interleaved'),
    { pointer: { champion: CHAMPION }, sessions: 900, guardrails: [], ...evidence },
    48 * HOUR_MS,
  );
const shown = (decision: ReturnType<typeof decided>) => {
  const { challenger, champion, stage } = decision.next;
  const rollout = {
    id: 'ro_1',
    challenger,
    champion,
    stage,
    by: 'ana',
    createdAt: 0,
    endedAt: null,
    since: 0,
    freeShare: 1,
    why: decision.why,
  } as unknown as Rollout;
  // As it comes over HTTP.
  return rolloutText(rollout, JSON.parse(JSON.stringify([decision])));
};
const interleaving = { estimate: 0.54, standardError: 0.02, n: 900, low: 0.48, high: 0.6 };

test('shows the stage, what interleaving has found, and what is still missing', () => {
  const text = shown(decided({ gain: { alpha: 0.025, noWorseAlpha: 0.05, interleaving } }));
  expect(text).toContain('canary 1 › [interleaved] › canary 5');
  expect(text).toMatch(/still lacks: a preference \(48\.00 % to 60\.00 %/);
  expect(text).toContain(
    '900 sessions; interleaving prefers it in 48.00 % to 60.00 % of the sessions that prefer one (900 sessions)',
  );
});

test('shows what an operator must decide', () => {
  const text = shown(decided({ doubts: ['data in order (a gap)'] }));
  expect(text).toMatch(/why +.*an operator must decide: mend what the doubt is about/);
  expect(text).toContain('in doubt: data in order (a gap)');
});
