import { describe, expect, it } from 'vitest';
import { decideRollout } from '../../../backend/rollouts/decide-rollout.ts';
import type { RolloutDecision } from '../../../backend/rollouts/rollout-decision.ts';
import type { RolloutEvidence } from '../../../backend/rollouts/rollout-evidence.ts';
import { type Stage } from '../../../backend/rollouts/steps.ts';
import {
  at,
  back,
  bookings,
  cancels,
  CHALLENGER,
  CHAMPION,
  good,
  GOOD,
  harmed,
  held,
  HOUR_MS,
  keepOff,
  live,
  OLD,
  refused,
  unsure,
  wait,
} from './support/rollout-evidence.ts';
import { RULES_BEFORE } from './support/rules-before.ts';
import { STAGES } from './support/stages.ts';

interface Row {
  when: string;
  from: Stage;
  evidence: RolloutEvidence;
  hours?: number;
  next: Stage;
  action: RolloutDecision['action'];
  why: RegExp;
}
const show = (share: number) => ({ do: 'show', share }) as const;

const FORWARD: Row[] = [
  {
    when: 'its gate says promote',
    from: 'candidate',
    evidence: GOOD,
    next: 'shadow',
    action: { do: 'score in shadow' },
    why: /^at candidate, v000042 had 5000 sessions in 24\.0 h, the gate's promote, bookings changes by -1\.00 % to \+4\.00 %, cancels changes by -3\.00 % to \+1\.00 %: on to shadow$/,
  },
  {
    when: 'its shadow was long enough',
    from: 'shadow',
    evidence: good({ guardrails: [] }),
    next: 'canary 1',
    action: show(0.01),
    why: /on to canary 1$/,
  },
  {
    when: 'nothing at 1 % shows harm',
    from: 'canary 1',
    evidence: good({ guardrails: [bookings(-0.3, 0.3)] }),
    next: 'canary 5',
    action: show(0.05),
    why: /on to canary 5$/,
  },
  {
    when: 'harm is ruled out at 5 %',
    from: 'canary 5',
    evidence: GOOD,
    next: 'canary 25',
    action: show(0.25),
    why: /on to canary 25$/,
  },
  {
    when: 'visitors speak for it and no gate is asked',
    from: 'canary 25',
    evidence: good({ gate: undefined }),
    next: 'canary 50',
    action: show(0.5),
    why: /on to canary 50$/,
  },
  {
    when: 'visitors speak for it and the gate against',
    from: 'canary 50',
    evidence: good({ gate: refused }),
    next: 'canary 100',
    action: show(1),
    why: /on to canary 100$/,
  },
  {
    when: 'everybody saw it for a day',
    from: 'canary 100',
    evidence: GOOD,
    next: 'champion',
    action: { do: 'promote', version: CHALLENGER },
    why: /on to champion$/,
  },
];

const WAITING: Row[] = [
  {
    when: 'its gate has not reported',
    from: 'candidate',
    evidence: good({ gate: undefined }),
    next: 'candidate',
    action: wait,
    why: /^at candidate, v000042 still lacks: a report of the gate$/,
  },
  {
    when: 'its gate has too few data',
    from: 'shadow',
    evidence: good({ gate: unsure }),
    next: 'shadow',
    action: wait,
    why: /lacks: a verdict of the gate \(12 of 30 sessions\)$/,
  },
  {
    when: 'a day is not over',
    from: 'canary 1',
    evidence: GOOD,
    hours: 23,
    next: 'canary 1',
    action: wait,
    why: /lacks: time \(23\.0 of 24\.0 h\)$/,
  },
  {
    when: 'the clock went back',
    from: 'canary 1',
    evidence: GOOD,
    hours: -1,
    next: 'canary 1',
    action: wait,
    why: /time \(-1\.0 of 24\.0 h\)/,
  },
  {
    when: 'too few sessions saw it',
    from: 'canary 5',
    evidence: good({ sessions: 212 }),
    next: 'canary 5',
    action: wait,
    why: /lacks: sessions \(212 of 1000\)$/,
  },
  {
    when: 'sessions are not known',
    from: 'canary 5',
    evidence: good({ sessions: NaN }),
    next: 'canary 5',
    action: wait,
    why: /sessions \(unknown of 1000\)/,
  },
  {
    when: 'harm is not ruled out',
    from: 'canary 5',
    evidence: good({ guardrails: [bookings(-0.05, 0.04)] }),
    next: 'canary 5',
    action: wait,
    why: /lacks: certainty \(bookings changes by -5\.00 % to \+4\.00 %, and -2\.00 % or worse is not ruled out\)$/,
  },
  {
    when: 'more of a bad thing is not ruled out',
    from: 'canary 25',
    evidence: good({ guardrails: [cancels(-0.05, 0.06)] }),
    next: 'canary 25',
    action: wait,
    why: /\+5\.00 % or worse is not ruled out/,
  },
  {
    when: 'bounds are no numbers',
    from: 'canary 50',
    evidence: good({ guardrails: [bookings(-Infinity, Infinity)] }),
    next: 'canary 50',
    action: wait,
    why: /changes by unknown to unknown/,
  },
  {
    when: 'no guardrail was read',
    from: 'canary 1',
    evidence: good({ guardrails: [] }),
    next: 'canary 1',
    action: wait,
    why: /lacks: any guardrail$/,
  },
  {
    when: 'one guardrail is missing',
    from: 'canary 1',
    evidence: good({ guardrails: [{ metric: 'p99', missing: 'no samples' }] }),
    next: 'canary 1',
    action: wait,
    why: /lacks: a reading of p99 \(no samples\)$/,
  },
  {
    when: 'its figures are in doubt',
    from: 'canary 25',
    evidence: good({ doubts: ['sample ratio mismatch (p = 0.0001)'] }),
    next: 'canary 25',
    action: wait,
    why: /lacks: sample ratio mismatch/,
  },
  {
    when: 'it is the champion',
    from: 'champion',
    evidence: live(CHALLENGER),
    next: 'champion',
    action: wait,
    why: /^v000042 is the champion$/,
  },
  {
    when: 'its promotion is on the way',
    from: 'champion',
    evidence: GOOD,
    next: 'champion',
    action: wait,
    why: /is the champion/,
  },
  {
    when: 'it is over',
    from: 'withdrawn',
    evidence: live(OLD),
    next: 'withdrawn',
    action: wait,
    why: /is over/,
  },
];

const BACK: Row[] = [
  {
    when: 'a guardrail is worse than allowed',
    from: 'canary 5',
    evidence: harmed,
    hours: 0.1,
    next: 'withdrawn',
    action: back,
    why: /^bookings changes by -8\.00 % to -3\.00 %, worse than the -2\.00 % allowed: v000042 is withdrawn for v000041$/,
  },
  {
    when: 'there is more of a bad thing than allowed',
    from: 'canary 1',
    evidence: good({ guardrails: [bookings(0.1, 0.2), cancels(0.06, 0.2)] }),
    next: 'withdrawn',
    action: back,
    why: /^cancels changes/,
  },
  {
    when: 'it harms in shadow',
    from: 'shadow',
    evidence: harmed,
    next: 'withdrawn',
    action: back,
    why: /worse than/,
  },
  {
    when: 'it harms as champion',
    from: 'champion',
    evidence: { ...harmed, pointer: { champion: CHALLENGER } },
    next: 'withdrawn',
    action: back,
    why: /worse than/,
  },
  {
    when: 'it harms though its figures are in doubt',
    from: 'canary 25',
    evidence: { ...harmed, doubts: ['stale data'] },
    next: 'withdrawn',
    action: back,
    why: /worse than/,
  },
  {
    when: 'its gate refuses it',
    from: 'candidate',
    evidence: good({ gate: refused }),
    next: 'withdrawn',
    action: back,
    why: /^the gate keeps v000041, not v000042: it is worse$/,
  },
  {
    when: 'its gate changes its mind in shadow',
    from: 'shadow',
    evidence: good({ gate: refused }),
    next: 'withdrawn',
    action: back,
    why: /^the gate keeps/,
  },
  {
    when: 'a step leads nowhere for two weeks',
    from: 'canary 5',
    evidence: good({ sessions: 900 }),
    hours: 337,
    next: 'withdrawn',
    action: back,
    why: /sessions \(900 of 1000\); after 337\.0 h it is withdrawn$/,
  },
];

const OPS: Row[] = [
  {
    when: 'ops roll back',
    from: 'canary 25',
    evidence: held(OLD),
    next: 'hold',
    action: keepOff,
    why: /^v000007 is held by ops: the rollout of v000042 keeps off until it is released$/,
  },
  {
    when: 'ops hold while it harms',
    from: 'canary 25',
    evidence: { ...harmed, pointer: { champion: CHAMPION, hold: true } },
    next: 'hold',
    action: keepOff,
    why: /held by hand/,
  },
  {
    when: 'ops hold it as champion',
    from: 'champion',
    evidence: held(CHALLENGER),
    next: 'hold',
    action: keepOff,
    why: /held/,
  },
  {
    when: 'ops hold what was withdrawn',
    from: 'withdrawn',
    evidence: held(CHAMPION),
    next: 'hold',
    action: keepOff,
    why: /held/,
  },
  {
    when: 'ops still hold',
    from: 'hold',
    evidence: held(OLD),
    next: 'hold',
    action: keepOff,
    why: /held/,
  },
  {
    when: 'another version was promoted by hand',
    from: 'canary 5',
    evidence: live(OLD),
    next: 'hold',
    action: keepOff,
    why: /^somebody made v000007 live, not v000041/,
  },
  {
    when: 'it was itself promoted by hand',
    from: 'canary 5',
    evidence: live(CHALLENGER),
    next: 'hold',
    action: keepOff,
    why: /made v000042 live/,
  },
  {
    when: 'ops released the old champion',
    from: 'hold',
    evidence: GOOD,
    next: 'withdrawn',
    action: wait,
    why: /^ops have made v000041 live, and hold it no more: v000042 starts again as a candidate/,
  },
  {
    when: 'a training made another version live at once',
    from: 'hold',
    evidence: { ...GOOD, pointer: { champion: OLD, by: 'ana', madeLiveBy: 'run run_7' } },
    next: 'withdrawn',
    action: wait,
    why: /^run run_7 made v000007 live, and nobody holds it: v000042 starts again as a candidate/,
  },
  {
    when: 'somebody made another version live, and somebody else released it',
    from: 'canary 5',
    evidence: { ...GOOD, pointer: { champion: OLD, by: 'ana', madeLiveBy: 'ben' } },
    next: 'hold',
    action: keepOff,
    why: /^ben made v000007 live, not v000041/,
  },
  {
    when: 'ops released it as champion',
    from: 'hold',
    evidence: live(CHALLENGER),
    next: 'champion',
    action: wait,
    why: /is the champion/,
  },
  {
    when: 'ops released it as champion and it harms',
    from: 'hold',
    evidence: { ...harmed, pointer: { champion: CHALLENGER } },
    next: 'withdrawn',
    action: back,
    why: /worse than/,
  },
];

describe.each([
  ['goes one step forward', FORWARD],
  ['waits', WAITING],
  ['goes back', BACK],
  ['yields to ops', OPS],
])('by rules from before a gain was asked for, a challenger %s', (_, rows) => {
  it.each(rows)('at $from when $when', ({ from, evidence, hours = 24, next, action, why }) => {
    const decision = decideRollout(at(from), evidence, hours * HOUR_MS, RULES_BEFORE);
    expect(decision.why).toMatch(why);
    expect(decision).toMatchObject({ from: at(from), evidence, atMs: hours * HOUR_MS, action });
    const moved = next !== from;
    expect(decision.next).toEqual({ ...at(next), sinceMs: moved ? hours * HOUR_MS : 0 });
  });
});

it('reaches the champion in six days of good evidence, by every step once', () => {
  let state = at('candidate');
  const stages: Stage[] = [];
  for (let day = 0; day < 7; day++) {
    state = decideRollout(state, GOOD, day * 24 * HOUR_MS, RULES_BEFORE).next;
    stages.push(state.stage);
  }
  expect(stages).toEqual([...STAGES, 'champion']);
});

it('waits for ever where no longest time is set', () => {
  const { maxStepMs: _, ...rules } = RULES_BEFORE;
  const evidence = good({ sessions: 900 });
  expect(decideRollout(at('canary 5'), evidence, 1e12, rules).next.stage).toBe('canary 5');
});
