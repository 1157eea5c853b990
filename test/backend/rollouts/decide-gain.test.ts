import { describe, expect, it } from 'vitest';
import { decideRollout } from '../../../backend/rollouts/decide-rollout.ts';
import type { RolloutDecision } from '../../../backend/rollouts/rollout-decision.ts';
import type { RolloutEvidence } from '../../../backend/rollouts/rollout-evidence.ts';
import type { CanaryPlan, GainEvidence } from '../../../backend/rollouts/gain.ts';
import { parseRollout, rulesOf } from '../../../backend/rollouts/settings.ts';
import type { Stage } from '../../../backend/rollouts/steps.ts';
import { at, CHALLENGER, CHAMPION, HOUR_MS, OLD, refused } from './support/rollout-evidence.ts';
import { RULES_BEFORE } from './support/rules-before.ts';

const DAY = 24;
const RULES = rulesOf(parseRollout({}));
const LOW: CanaryPlan = { sessionsPerDay: 2000, sessions: 60_000, severalItems: true };
const HIGH: CanaryPlan = { ...LOW, sessionsPerDay: 1_000_000 };

const clicks = (low: number, high: number) =>
  ({ metric: 'click_through', better: 'higher', low, high, worstAllowed: -0.02 }) as const;
const booked = (low: number, high: number) =>
  ({ metric: 'booked', better: 'higher', low, high, worstAllowed: -0.01 }) as const;
const reading = (low: number, high: number, n = 20_000) => ({
  estimate: (low + high) / 2,
  standardError: (high - low) / 6.8,
  n,
  low,
  high,
});
const gainOf = (parts: Partial<GainEvidence>): GainEvidence => ({
  alpha: 0.025,
  noWorseAlpha: 0.05,
  ...parts,
});
const PREFERRED = reading(0.51, 0.58);

const evidence = (changed: Partial<RolloutEvidence> = {}): RolloutEvidence => ({
  pointer: { champion: CHAMPION },
  gate: { verdict: 'promote', reason: 'not refused' },
  sessions: 5000,
  guardrails: [clicks(-0.01, 0.09)],
  plan: LOW,
  ...changed,
});
const decide = (
  stage: Stage,
  changed: Partial<RolloutEvidence>,
  { hours = DAY, rules = RULES } = {},
): RolloutDecision => decideRollout(at(stage), evidence(changed), hours * HOUR_MS, rules);
const rulesWith = (settings: object) => rulesOf(parseRollout(settings));

describe('which test decides', () => {
  it.each<[string, Stage, Partial<RolloutEvidence>, object, Stage]>([
    ['low traffic is interleaved at once', 'shadow', {}, {}, 'interleaved'],
    [
      'low traffic begins with 5 % where that finds twice the smallest gain within a step',
      'shadow',
      { plan: { ...LOW, sessionsPerDay: 3000 } },
      {},
      'canary 5',
    ],
    ['high traffic begins with 1 %', 'shadow', { plan: HIGH }, {}, 'canary 1'],
    ['unknown traffic begins with 1 %', 'shadow', { plan: undefined }, {}, 'canary 1'],
    ['high traffic goes on with 5 %', 'canary 1', { plan: HIGH }, {}, 'canary 5'],
    ['traffic that has become low is interleaved', 'canary 1', {}, {}, 'interleaved'],
    [
      'high traffic may be interleaved too',
      'canary 1',
      { plan: HIGH },
      { interleave: 'always' },
      'interleaved',
    ],
    [
      'nothing is interleaved where nothing may be',
      'shadow',
      {},
      { interleave: 'never' },
      'canary 5',
    ],
    [
      'slates of one cannot be interleaved',
      'shadow',
      { plan: { ...LOW, severalItems: false } },
      {},
      'canary 5',
    ],
    [
      'nothing is interleaved while experiments of exploration hold more than half of the sessions',
      'shadow',
      { plan: { ...LOW, interleavable: 0.49 } },
      {},
      'canary 5',
    ],
    [
      'half of the sessions are enough to interleave',
      'shadow',
      { plan: { ...LOW, interleavable: 0.5 } },
      {},
      'interleaved',
    ],
    ['clicks say nothing of bookings', 'shadow', {}, { decides: 'booked' }, 'canary 5'],
    [
      'where nobody clicks traffic is low',
      'shadow',
      { plan: { sessionsPerDay: 1e6, severalItems: true } },
      {},
      'interleaved',
    ],
  ])('%s', (_, stage, changed, settings, next) => {
    const decision = decide(stage, changed, { rules: rulesWith(settings) });
    expect(decision.next.stage).toBe(next);
    if (next === 'interleaved') expect(decision.action).toEqual({ do: 'interleave', share: 0.1 });
  });

  it('a rollout from before there was interleaving goes through every step of its canary', () => {
    const quick = { gain: gainOf({ interleaving: PREFERRED }) };
    expect(decide('shadow', quick, { rules: RULES_BEFORE }).next.stage).toBe('canary 1');
    expect(decide('canary 1', quick, { rules: RULES_BEFORE }).next.stage).toBe('canary 5');
  });
});

describe('while slates are interleaved', () => {
  const interleaved = (interleaving: GainEvidence['interleaving'], how = {}) =>
    decide('interleaved', { guardrails: [], gain: gainOf({ interleaving }) }, how);

  it('a preference for the challenger leads to 5 %', () => {
    expect(interleaved(PREFERRED)).toMatchObject({
      next: { stage: 'canary 5' },
      why: expect.stringMatching(
        /interleaving prefers it in 51\.00 % to 58\.00 % of the sessions that prefer one .*: on to canary 5$/,
      ),
    });
  });

  it('goes on to 5 % as soon as experiments of exploration leave it too few sessions, unless the data are in doubt', () => {
    const held = (interleavable: number, how: Partial<RolloutEvidence> = {}) =>
      decide(
        'interleaved',
        { sessions: 0, guardrails: [], plan: { ...LOW, interleavable }, ...how },
        { hours: 1 },
      );
    expect(held(0)).toMatchObject({
      next: { stage: 'canary 5' },
      why: 'at interleaved, v000042: experiments of exploration leave it 0 % of the sessions that a canary may have: on to canary 5',
    });
    expect(held(0.6).next.stage).toBe('interleaved');
    expect(held(0, { doubts: ['half a day is missing'] }).next.stage).toBe('interleaved');
  });

  it('though not before a day is over', () => {
    expect(interleaved(PREFERRED, { hours: 23 }).next.stage).toBe('interleaved');
  });

  it('a preference for the champion withdraws at once', () => {
    expect(interleaved(reading(0.4, 0.499), { hours: 1 })).toMatchObject({
      next: { stage: 'withdrawn' },
      action: { do: 'withdraw', to: CHAMPION },
    });
  });

  it('no preference yet waits, and says what is lacking', () => {
    expect(interleaved(reading(0.45, 0.58), { hours: 48 })).toMatchObject({
      next: { stage: 'interleaved' },
      why: expect.stringMatching(
        /lacks: a preference \(45\.00 % to 58\.00 % of the sessions that prefer one, and half of them is not ruled out\)$/,
      ),
    });
  });

  // Such was the preference for a challenger that was then clicked 13 % more often.
  it('too small a preference to be of interest is no reading of the gain, and leads to 5 %', () => {
    expect(interleaved(reading(0.495, 0.51), { hours: 48 })).toMatchObject({
      next: { stage: 'canary 5' },
      action: { do: 'show', share: 0.05 },
      why: expect.stringMatching(/less than the 5\.00 % of interest is to be won: on to canary 5$/),
    });
  });

  it('a preference of 51.25 % stands for a gain of 5 %: one that may be more is of interest', () => {
    const stages = [0.5124, 0.5126].map(
      (high) => interleaved(reading(0.495, high), { hours: 48 }).next.stage,
    );
    expect(stages).toEqual(['canary 5', 'interleaved']);
  });

  const HOPELESS = reading(0.45, 0.55);
  it('a test that cannot show one in its time is given up half way, and not before', () => {
    const few = { ...HOPELESS, n: 2800 };
    expect(interleaved(few, { hours: 13 * DAY }).next.stage).toBe('interleaved');
    expect(interleaved(few, { hours: 15 * DAY })).toMatchObject({
      next: { stage: 'canary 5' },
      why: expect.stringMatching(
        /would show a preference with a chance of 0\.\d %: on to canary 5$/,
      ),
    });
  });

  it('nor does it withdraw at the end of its time', () => {
    const late = interleaved({ missing: 'too few sessions' }, { hours: 29 * DAY });
    expect(late).toMatchObject({
      next: { stage: 'canary 5' },
      why: expect.stringMatching(/after 696\.0 h: on to canary 5$/),
    });
  });

  it('under rules from before it withdraws, unless 5 % of the traffic may find the smallest gain in time', () => {
    const { afterInterleaving: _, ...gain } = RULES.gain!;
    const rules = { ...RULES, gain };
    const few = { ...HOPELESS, n: 2800 };
    for (const reads of [few, reading(0.495, 0.51)])
      expect(interleaved(reads, { hours: 15 * DAY, rules }).next.stage).toBe('withdrawn');
    const late = { missing: 'too few sessions' };
    expect(interleaved(late, { hours: 29 * DAY, rules }).next.stage).toBe('withdrawn');
    const decision = decide(
      'interleaved',
      {
        plan: { ...LOW, sessionsPerDay: 20_000 },
        guardrails: [],
        gain: gainOf({ interleaving: { ...HOPELESS, n: 28_000 } }),
      },
      { hours: 15 * DAY, rules },
    );
    expect(decision.next.stage).toBe('canary 5');
  });
});

describe('in the canary', () => {
  const HARMLESS = [clicks(-0.04, 0.3)];

  it('a gain that interleaving has shown lets it pass before harm is ruled out', () => {
    const shown = { guardrails: HARMLESS, gain: gainOf({ interleaving: PREFERRED }) };
    expect(decide('canary 5', shown).next.stage).toBe('canary 25');
    expect(decide('canary 25', shown).next.stage).toBe('canary 50');
    expect(decide('canary 5', { ...shown, gain: gainOf({}) }).next.stage).toBe('canary 5');
  });

  it('but not for what clicks say nothing of, unless the settings say so', () => {
    const shown = {
      guardrails: [...HARMLESS, booked(-0.2, 0.3)],
      gain: gainOf({ interleaving: PREFERRED }),
    };
    expect(decide('canary 5', shown)).toMatchObject({
      next: { stage: 'canary 5' },
      why: expect.stringMatching(/certainty \(booked changes by -20\.00 % to \+30\.00 %/),
    });
    const rules = rulesWith({ afterGain: 'no harm' });
    expect(decide('canary 5', shown, { rules }).next.stage).toBe('canary 25');
  });

  it('before everybody is shown it, the canary has to bear the preference out', () => {
    const interleaving = PREFERRED;
    const at50 = (guardrails: RolloutEvidence['guardrails'], canary: GainEvidence['canary']) =>
      decide('canary 50', {
        guardrails,
        gain: gainOf({ interleaving, ...(canary && { canary }) }),
      });
    expect(at50(HARMLESS, reading(-0.04, 0.3)).why).toMatch(/certainty/);
    expect(at50([clicks(-0.019, 0.06)], reading(-0.022, 0.07)).next.stage).toBe('canary 100');
    expect(at50([clicks(-0.019, 0.02)], reading(-0.06, 0.0501)).why).toMatch(
      /lacks: a canary that bears it out \(-6\.00 % to \+5\.01 %, estimated at no gain\)/,
    );
    expect(at50([clicks(-0.019, 0.02)], reading(-0.01, 0.03))).toMatchObject({
      next: { stage: 'withdrawn' },
      why: expect.stringMatching(/less than the 5\.00 % of interest/),
    });
  });

  it('without a preference its own bound has to lie above 0', () => {
    const at50 = (low: number) =>
      decide('canary 50', { gain: gainOf({ canary: reading(low, 0.12) }), plan: HIGH });
    expect(at50(-0.001)).toMatchObject({
      next: { stage: 'canary 50' },
      why: expect.stringMatching(
        /lacks: a gain \(-0\.10 % to \+12\.00 %, and 0 is not ruled out\)$/,
      ),
    });
    expect(at50(0.001).next.stage).toBe('canary 100');
    expect(decide('canary 50', {}).why).toMatch(/a gain \(none is read\)/);
  });

  it('a small gain that is certain is one', () => {
    const sure = gainOf({ canary: reading(0.001, 0.03) });
    expect(decide('canary 50', { gain: sure }).next.stage).toBe('canary 100');
  });

  it('a trifle at most withdraws at any step, before its time', () => {
    for (const stage of ['canary 1', 'canary 5', 'canary 25', 'canary 50'] as const)
      expect(
        decide(stage, { gain: gainOf({ canary: reading(-0.03, 0.049) }) }, { hours: 1 }),
      ).toMatchObject({ next: { stage: 'withdrawn' } });
  });

  describe('a loss that is certain', () => {
    // Less than the margin of 2 % may be lost, so that no guardrail is harmed.
    const losing = {
      guardrails: [clicks(-0.05, -0.004)],
      gain: gainOf({ canary: reading(-0.05, -0.004) }),
    };

    it('is told as harm at any step, and not as too small a gain', () => {
      for (const stage of ['canary 1', 'canary 5', 'canary 25', 'canary 50', 'canary 100'] as const)
        expect(decide(stage, losing, { hours: 1 })).toMatchObject({
          next: { stage: 'withdrawn' },
          action: { do: 'withdraw', to: CHAMPION },
          why: `a gain of -5.00 % to -0.40 % in click_through, which is a loss: ${CHALLENGER} is withdrawn for ${CHAMPION}`,
        });
    });

    it('is harm though the data are in doubt, and though interleaving had preferred it', () => {
      const doubted = { ...losing, doubts: ['data in order (half a day is missing)'] };
      expect(decide('canary 5', doubted).why).toContain('which is a loss');
      const preferred = {
        ...losing,
        gain: gainOf({ canary: reading(-0.05, -0.004), interleaving: PREFERRED }),
      };
      const rules = rulesWith({ afterGain: 'no harm' });
      expect(decide('canary 50', preferred, { rules }).next.stage).toBe('withdrawn');
    });

    it('is said once where the guardrail of the same metric is harmed as well', () => {
      const worse = {
        guardrails: [clicks(-0.3, -0.1)],
        gain: gainOf({ canary: reading(-0.3, -0.1) }),
      };
      expect(decide('canary 5', worse).why).toBe(
        `click_through changes by -30.00 % to -10.00 %, worse than the -2.00 % allowed: ${CHALLENGER} is withdrawn for ${CHAMPION}`,
      );
    });

    it('is no more than too small a gain by rules from before, whose logs come out the same again', () => {
      const { lossIsHarm: _, ...gain } = RULES.gain!;
      expect(decide('canary 5', losing, { rules: { ...RULES, gain } }).why).toMatch(
        /^at canary 5, v000042: a gain of -5\.00 % to -0\.40 %, so that less than the 5\.00 % of interest is to be won; it is withdrawn$/,
      );
    });
  });

  it('harm that it cannot rule out in time is not waited for', () => {
    const unsure = {
      guardrails: [clicks(-0.09, 0.07)],
      gain: gainOf({ canary: reading(-0.09, 0.07, 30_000) }),
      plan: { ...LOW, sessions: 50_000 },
    };
    expect(decide('canary 5', unsure, { hours: 20 * DAY })).toMatchObject({
      next: { stage: 'withdrawn' },
      why: expect.stringMatching(/would show that it is no worse than -2\.00 % with a chance of/),
    });
    const few = { ...unsure, gain: gainOf({ canary: reading(-0.09, 0.07, 500) }) };
    expect(decide('canary 5', few, { hours: 2 * DAY }).next.stage).toBe('canary 5');
    // The bound that it would have to show is that of the guardrail, with the guardrail's error rate.
    const chance = (rates: Partial<GainEvidence>) => {
      const gain = { ...unsure.gain, ...rates };
      return decide('canary 5', { ...unsure, gain }, { hours: 20 * DAY }).why.split(
        ' chance of ',
      )[1];
    };
    expect(chance({ alpha: 1e-6 })).toBe(chance({}));
    expect(chance({ noWorseAlpha: 0.99 })).not.toBe(chance({}));
  });

  it('a setting asks for no gain: then it is as it was', () => {
    const rules = rulesWith({ steps: { 'canary 50': { guardrails: 'no worse' } } });
    const none = { gain: gainOf({ canary: reading(-0.01, 0.04) }) };
    expect(decide('canary 50', none).next.stage).toBe('withdrawn');
    const { steps } = rules;
    const asked = {
      ...rules,
      steps: { ...steps, interleaved: { ...steps.interleaved!, guardrails: 'nothing' as const } },
    };
    expect(decide('canary 50', none, { rules: asked }).next.stage).toBe('canary 100');
  });
});

describe('what time alone will not bring', () => {
  const OTHER = { version: OLD, isBetter: false };
  const DOUBT = { doubts: ['data in order (half a day is missing)'] };

  it.each<[string, Stage, Partial<RolloutEvidence>, RegExp]>([
    ['doubt about the data', 'canary 5', DOUBT, /mend what the doubt is about/],
    [
      'a gate without a verdict',
      'candidate',
      { gate: { verdict: 'not enough data', reason: '12 of 30' } },
      /vouch for it by "trimtab promote v000042"/,
    ],
    ['sessions that do not come', 'canary 5', { sessions: 0 }, /stop an experiment/],
    [
      'a metric that is not logged',
      'canary 5',
      { guardrails: [{ metric: 'booked', missing: 'nothing was booked' }] },
      /booked cannot be read/,
    ],
    ['a hold', 'canary 5', { pointer: { champion: CHAMPION, hold: true } }, /"trimtab release"/],
  ])('%s must be decided, and by whom is said', (_, stage, changed, what) => {
    const decision = decide(stage, changed, { hours: 30 });
    expect(decision.stuck).toMatch(/^an operator must decide/);
    expect(decision.stuck).toMatch(what);
  });

  it('time, sessions and certainty come by themselves', () => {
    expect(decide('canary 5', { sessions: 3 }, { hours: 2 })).not.toHaveProperty('stuck');
    const unsure = { guardrails: [clicks(-0.2, 0.3)] };
    expect(decide('canary 5', unsure, { hours: 30 })).not.toHaveProperty('stuck');
  });

  it('is waited for while nobody waits behind it', () => {
    const decision = decide('canary 5', { ...DOUBT, stuckSinceMs: 0 }, { hours: 300 });
    expect(decision).toMatchObject({ next: { stage: 'canary 5' }, action: { do: 'wait' } });
    expect(decision.why).toMatch(/half a day is missing\): an operator must decide/);
  });

  it('gives way to one that waits after a day, and at once to one that is better', () => {
    const since = 10 * HOUR_MS;
    const waiting = (hours: number, successor: RolloutEvidence['successor']) =>
      decide('canary 5', { ...DOUBT, stuckSinceMs: since, successor }, { hours });
    expect(waiting(33, OTHER).next.stage).toBe('canary 5');
    expect(waiting(34, OTHER)).toMatchObject({
      next: { stage: 'withdrawn' },
      action: { do: 'withdraw', to: CHAMPION },
      why: expect.stringMatching(/stood still for 24\.0 h, and gives way to v000007$/),
    });
    expect(waiting(11, { ...OTHER, isBetter: true }).why).toMatch(
      /gives way to the better v000007/,
    );
  });

  it('one that does not stand still keeps its place', () => {
    const successor = { ...OTHER, isBetter: true };
    const running = { sessions: 3, stuckSinceMs: 0, successor };
    expect(decide('canary 5', running, { hours: 2 }).next.stage).toBe('canary 5');
  });

  it('what the gate refuses is no matter for anybody', () => {
    expect(decide('shadow', { gate: refused })).toMatchObject({ next: { stage: 'withdrawn' } });
    expect(decide('shadow', { gate: refused }).why).toMatch(
      `the gate keeps ${CHAMPION}, not ${CHALLENGER}`,
    );
  });
});
