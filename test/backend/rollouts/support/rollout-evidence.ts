import { versionOf } from '../../../../shared/domain/ids.ts';
import type {
  RolloutEvidence,
  RolloutState,
} from '../../../../backend/rollouts/rollout-evidence.ts';
import type { Stage } from '../../../../backend/rollouts/steps.ts';

export const [OLD, CHAMPION, CHALLENGER] = [versionOf(7), versionOf(41), versionOf(42)];
export const HOUR_MS = 3_600_000;

export const at = (stage: Stage): RolloutState => ({
  challenger: CHALLENGER,
  champion: CHAMPION,
  stage,
  sinceMs: 0,
});

export const bookings = (low: number, high: number) =>
  ({ metric: 'bookings', better: 'higher', low, high, worstAllowed: -0.02 }) as const;
export const cancels = (low: number, high: number) =>
  ({ metric: 'cancels', better: 'lower', low, high, worstAllowed: 0.05 }) as const;

/** Everything speaks for one step forward. */
export const GOOD: RolloutEvidence = {
  pointer: { champion: CHAMPION },
  gate: { verdict: 'promote', reason: 'off-policy gain above 0' },
  sessions: 5000,
  guardrails: [bookings(-0.01, 0.04), cancels(-0.03, 0.01)],
};
export const good = (changed: Partial<RolloutEvidence> = {}): RolloutEvidence => ({
  ...GOOD,
  ...changed,
});
export const live = (champion: typeof OLD, changed: Partial<RolloutEvidence> = {}) =>
  good({ pointer: { champion }, ...changed });
export const held = (champion: typeof OLD) =>
  good({ pointer: { champion, hold: true, by: 'ops' } });
export const harmed = good({ guardrails: [bookings(-0.08, -0.03)] });
export const refused = { verdict: 'keep champion', reason: 'it is worse' } as const;
export const unsure = { verdict: 'not enough data', reason: '12 of 30 sessions' } as const;

export const wait = { do: 'wait' } as const;
export const keepOff = { do: 'keep off' } as const;
export const back = { do: 'withdraw', to: CHAMPION } as const;
