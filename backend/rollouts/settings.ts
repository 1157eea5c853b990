import { z } from 'zod';
import type { GuardrailSpec } from '../../shared/domain/experiment.ts';
import { DEFAULT_METRICS } from '../../shared/domain/metric.ts';
import { parseSettings, schedule } from '../process/settings.ts';
import { DEFAULT_ROLLOUT_RULES, type RolloutRules } from './steps.ts';

/** How a version that passed the gate goes live. */
export type RolloutMode = 'staged' | 'direct';

export interface RolloutSettings {
  /** `staged`: through shadow and canary; `direct`: to everybody at once. */
  readonly mode: RolloutMode;
  /** Cron pattern, UTC: one decision each time. */
  readonly schedule: string;
  /** Of the sessions, in 0..1, that a challenger in shadow is scored for. */
  readonly shadowShare: number;
  /** Metrics of the challenger's canary that must not get worse than by their margin, relative. */
  readonly guardrails: readonly GuardrailSpec[];
  /** Error rate of all guardrails together, over all looks. */
  readonly alpha: number;
  /** A stage with fewer sessions in an arm says nothing of a guardrail. */
  readonly minimumPerArm: number;
  readonly rules: RolloutRules;
}

export const DEFAULT_ROLLOUT: RolloutSettings = {
  mode: 'staged',
  schedule: '*/10 * * * *',
  shadowShare: 0.1,
  guardrails: [{ metric: 'click_through', margin: 0.05 }],
  alpha: 0.05,
  minimumPerArm: 200,
  rules: DEFAULT_ROLLOUT_RULES,
};

const share = z.number().min(0).max(1);
const step = z
  .object({
    minMs: z.number().nonnegative(),
    minSessions: z.number().int().nonnegative(),
    guardrails: z.enum(['nothing', 'no harm', 'no worse']),
  })
  .partial()
  .strict();

const given = z
  .object({
    mode: z.enum(['staged', 'direct']),
    schedule,
    shadowShare: share,
    guardrails: z
      .array(
        z
          .object({
            metric: z.enum(DEFAULT_METRICS.map(({ name }) => name)),
            margin: z.number().nonnegative().lt(1),
          })
          .strict(),
      )
      .min(1),
    alpha: z.number().gt(0).lt(1),
    minimumPerArm: z.number().int().min(2),
    steps: z
      .object({
        candidate: step,
        shadow: step,
        'canary 1': step,
        'canary 5': step,
        'canary 25': step,
        'canary 50': step,
        'canary 100': step,
      })
      .partial()
      .strict(),
    maxStepMs: z.number().positive().nullable(),
  })
  .partial()
  .strict();

/**
 * The defaults with what is given in their place: `{"steps":{"canary 1":{"minSessions":200}}}`; `"maxStepMs": null`
 * lets a step wait for ever.
 * @throws Error naming the setting and what it should have been.
 */
export function parseRollout(value: unknown): RolloutSettings {
  const data = parseSettings(given, value);
  const { steps = {}, maxStepMs = DEFAULT_ROLLOUT_RULES.maxStepMs, ...settings } = data;
  const changed = Object.entries(DEFAULT_ROLLOUT_RULES.steps).map(([name, rules]) => [
    name,
    { ...rules, ...steps[name as keyof typeof steps] },
  ]);
  for (const name of ['candidate', 'shadow'] as const)
    if ((steps[name]?.guardrails ?? 'nothing') !== 'nothing')
      throw new Error(
        `steps.${name}.guardrails must be "nothing", but was "${steps[name]?.guardrails}": nobody is shown the challenger there, so it has no metric to read`,
      );
  const rules = { steps: Object.fromEntries(changed), ...(maxStepMs !== null && { maxStepMs }) };
  return { ...DEFAULT_ROLLOUT, ...settings, rules };
}
