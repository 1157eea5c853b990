import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRollout } from '../../../backend/rollouts/decide-rollout.ts';
import type { RolloutDecision } from '../../../backend/rollouts/rollout-decision.ts';
import type { RolloutEvidence } from '../../../backend/rollouts/rollout-evidence.ts';
import { DEFAULT_ROLLOUT_RULES } from '../../../backend/rollouts/settings.ts';
import type { CanaryPlan, GainEvidence, GainReading } from '../../../backend/rollouts/gain.ts';
import { replayDecisions } from '../../../backend/rollouts/replay-decisions.ts';
import { SHARE, STEPS, type Stage } from '../../../backend/rollouts/steps.ts';
import {
  at,
  back,
  bookings,
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
} from './support/rollout-evidence.ts';
import { LOGS_BEFORE } from './support/rules-before.ts';
import { runs } from '../../shared/support/seed.ts';

const bound = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: -0.1, max: 0.1, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
);
const anyReading = fc.oneof(
  fc.record({
    metric: fc.constant('any'),
    better: fc.constantFrom('higher', 'lower'),
    low: bound,
    high: bound,
    worstAllowed: bound,
  }),
  fc.constant({ metric: 'p99', missing: 'no samples' }),
);
const anyGain = fc.oneof(
  fc
    .record({ estimate: bound, half: fc.double({ min: 0, max: 0.1, noNaN: true }), n: fc.nat(1e5) })
    .map(({ estimate, half, n }) => ({
      estimate,
      standardError: half / 3,
      n,
      low: estimate - half,
      high: estimate + half,
    })),
  fc.constant({ missing: 'not enough data' }),
);
const shifted = (reading: GainReading): GainReading =>
  'missing' in reading
    ? reading
    : {
        ...reading,
        estimate: reading.estimate + 0.5,
        low: reading.low + 0.5,
        high: reading.high + 0.5,
      };
const anyGainEvidence = fc.record(
  {
    alpha: fc.constant(0.025),
    noWorseAlpha: fc.constant(0.05),
    canary: anyGain,
    interleaving: anyGain.map(shifted),
  },
  { requiredKeys: ['alpha', 'noWorseAlpha'] },
);
const anyPlan = fc.record(
  {
    sessionsPerDay: fc.integer({ min: 1, max: 1e6 }),
    sessions: fc.integer({ min: 100, max: 1e6 }),
    severalItems: fc.boolean(),
  },
  { requiredKeys: ['sessionsPerDay', 'severalItems'] },
);
const anyEvidence: fc.Arbitrary<RolloutEvidence> = fc.record({
  pointer: fc.record(
    { champion: fc.constantFrom(CHAMPION, CHAMPION, CHALLENGER, OLD), hold: fc.boolean() },
    { requiredKeys: ['champion'] },
  ),
  gate: fc.constantFrom(undefined, GOOD.gate, refused, unsure),
  sessions: fc.oneof(fc.nat(2000), fc.constantFrom(NaN, Infinity)),
  guardrails: fc.array(anyReading, { maxLength: 3 }),
  doubts: fc.constantFrom(undefined, [], ['stale data']),
  gain: fc.option(anyGainEvidence, { nil: undefined }),
  plan: fc.option(anyPlan, { nil: undefined }),
  stuckSinceMs: fc.option(fc.nat(1e9), { nil: undefined }),
  successor: fc.constantFrom(
    undefined,
    { version: OLD, isBetter: false },
    { version: OLD, isBetter: true },
  ),
});
/** Both readings show a gain. */
const SHOWN: GainEvidence = {
  alpha: 0.025,
  noWorseAlpha: 0.05,
  canary: { estimate: 0.08, standardError: 0.02, n: 5000, low: 0.01, high: 0.15 },
  interleaving: { estimate: 0.55, standardError: 0.01, n: 5000, low: 0.51, high: 0.59 },
};
const LOW: CanaryPlan = { sessionsPerDay: 1000, sessions: 100_000, severalItems: true };
const HIGH: CanaryPlan = { sessionsPerDay: 1e6, sessions: 100_000, severalItems: true };

/** Mostly good, or no run would get far. */
const likelyEvidence = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(
        fc.nat(3000),
        fc.constantFrom(undefined, SHOWN, SHOWN),
        fc.constantFrom(undefined, LOW, HIGH),
      )
      .map(([sessions, gain, plan]) =>
        good({ sessions, ...(gain && { gain }), ...(plan && { plan }) }),
      ),
  },
  { weight: 2, arbitrary: fc.constantFrom(harmed, held(OLD), live(CHALLENGER)) },
  { weight: 1, arbitrary: anyEvidence },
);
const anyDays = fc.array(
  fc.record({ evidence: likelyEvidence, waitMs: fc.integer({ min: HOUR_MS, max: 60 * HOUR_MS }) }),
  { minLength: 10, maxLength: 40 },
);

/** Where a step forward may lead: what a rollout does not need is left out. */
const AFTER: Partial<Record<Stage, readonly Stage[]>> = {
  candidate: ['shadow'],
  shadow: ['canary 1', 'interleaved', 'canary 5'],
  'canary 1': ['interleaved', 'canary 5'],
  interleaved: ['canary 5'],
  'canary 5': ['canary 25'],
  'canary 25': ['canary 50'],
  'canary 50': ['canary 100'],
  'canary 100': ['champion'],
};

type Days = readonly { evidence: RolloutEvidence; waitMs: number }[];

function run(days: Days): RolloutDecision[] {
  const log: RolloutDecision[] = [];
  let [state, nowMs] = [at('candidate'), 0];
  for (const { evidence, waitMs } of days) {
    nowMs += waitMs;
    const decision = decideRollout(state, evidence, nowMs);
    log.push(decision);
    state = decision.next;
  }
  return log;
}

/** Figures that JSON cannot hold are null in the log. */
const stored = (log: readonly RolloutDecision[]) =>
  JSON.parse(JSON.stringify(log)) as RolloutDecision[];

describe('whatever the evidence, a rollout', () => {
  it('never skips a step: it shows more only by one step', () => {
    const reached = new Set<Stage>();
    fc.assert(
      fc.property(anyDays, (days) => {
        for (const { from, next, evidence } of run(days)) {
          reached.add(from.stage);
          if (next.stage === from.stage || ['withdrawn', 'hold'].includes(next.stage)) continue;
          // The one other way in: ops made it the champion themselves.
          if (from.stage === 'hold') expect(evidence.pointer.champion).toBe(CHALLENGER);
          else expect(AFTER[from.stage]).toContain(next.stage);
        }
      }),
      { numRuns: runs(500) },
    );
    expect(reached, 'the runs try every stage').toEqual(
      new Set([...STEPS, 'withdrawn', 'hold'] satisfies Stage[]),
    );
  });

  it('withdraws at once on harm, from every step that shows or scores', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), anyEvidence, fc.nat(1e9), (stage, evidence, nowMs) => {
        const pointer = { champion: CHAMPION };
        const guardrails = [...evidence.guardrails, bookings(-0.5, -0.0201)];
        const decision = decideRollout(at(stage), { ...evidence, pointer, guardrails }, nowMs);
        expect(decision).toMatchObject({ next: { stage: 'withdrawn' }, action: back });
      }),
    );
  });

  it("lets ops' hold win over everything", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Stage>(...STEPS, 'withdrawn', 'hold'),
        anyEvidence,
        fc.nat(1e9),
        (stage, evidence, nowMs) => {
          const pointer = { ...evidence.pointer, hold: true };
          const decision = decideRollout(at(stage), { ...evidence, pointer }, nowMs);
          expect(decision).toMatchObject({ next: { stage: 'hold' }, action: keepOff });
          expect(SHARE[decision.next.stage]).toBe(0);
        },
      ),
    );
  });

  it('is above 5 % only after a day and the fewest sessions at 5 %, guardrails read', () => {
    const { minMs, minSessions } = DEFAULT_ROLLOUT_RULES.steps['canary 5'];
    let above = 0;
    fc.assert(
      fc.property(anyDays, (days) => {
        let seen = false;
        for (const { from, evidence, atMs, next, action } of run(days)) {
          seen ||=
            from.stage === 'canary 5' &&
            evidence.sessions >= minSessions &&
            atMs - from.sinceMs >= minMs &&
            evidence.guardrails.length > 0;
          if (action.do !== 'show' && action.do !== 'promote') continue;
          if (!(SHARE[next.stage] > 0.05)) continue;
          above++;
          expect(seen).toBe(true);
        }
      }),
      { numRuns: runs(500) },
    );
    expect(above, 'the runs do go above 5 %').toBeGreaterThan(100);
  });

  it('never shows a withdrawn challenger again', () => {
    fc.assert(
      fc.property(anyDays, (days) => {
        let over = false;
        for (const { next, action, evidence } of run(days)) {
          if (over) expect(['show', 'promote', 'score in shadow']).not.toContain(action.do);
          over ||= next.stage === 'withdrawn' && evidence.pointer.hold !== true;
        }
      }),
    );
  });

  it('is champion only after a bound has shown a gain and another has ruled harm out', () => {
    let crowned = 0;
    fc.assert(
      fc.property(anyDays, (days) => {
        let shown = false;
        for (const { from, evidence, next, action } of run(days)) {
          const { interleaving, canary } = evidence.gain ?? {};
          const isAbove = (reading: GainReading | undefined, least: number) =>
            reading !== undefined && 'low' in reading && reading.low > least;
          shown ||=
            from.stage === 'canary 50' &&
            (isAbove(interleaving, 0.5) || isAbove(canary, 0)) &&
            evidence.guardrails.every((one) => 'low' in one);
          if (next.stage === 'canary 100' || action.do === 'promote') {
            crowned++;
            expect(shown).toBe(true);
          }
        }
      }),
      { numRuns: runs(500) },
    );
    expect(crowned, 'some of the runs get there').toBeGreaterThan(20);
  });

  it('decides its stored log again, word for word', () => {
    fc.assert(
      fc.property(anyDays, (days) => {
        const log = stored(run(days));
        expect(stored(replayDecisions(log))).toEqual(log);
      }),
    );
  });
});

describe('replayDecisions', () => {
  it.each(LOGS_BEFORE.map((log, i) => [i, log] as const))(
    'decides log %i from before a gain was asked for as it was decided then',
    (_, log) => {
      expect(stored(replayDecisions(log))).toEqual(log);
    },
  );

  const log = run([GOOD, GOOD, harmed].map((evidence) => ({ evidence, waitMs: 25 * HOUR_MS })));

  it.each([
    [
      'evidence that was changed',
      log.with(2, { ...log[2], evidence: GOOD }),
      /decision 2 of the log is "withdrawn: bookings.*, but its evidence gives/,
    ],
    [
      'a decision that was changed',
      log.with(1, { ...log[1], why: 'it felt right' }),
      /decision 1 of the log is "canary 1: it felt right"/,
    ],
    [
      'a decision that is gone',
      log.toSpliced(1, 1),
      /decision 1 of the log starts from canary 1, but the one before left shadow/,
    ],
  ])('finds %s', (_, changed, message) => {
    expect(() => replayDecisions(changed)).toThrow(message);
  });

  it('lets an untouched log pass', () => {
    expect(replayDecisions(log)).toEqual(log);
  });
});
