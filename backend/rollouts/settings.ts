import { z } from 'zod';
import { DEFAULT_METRICS } from '../../shared/domain/metric.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { count, group, positive, schedule, share } from '../settings/fields.ts';
import { parseSettings } from '../settings/parse-settings.ts';

/** How a version that passed the gate goes live. */
export type RolloutMode = RolloutSettings['mode'];

const step = <G extends z.ZodType>(
  { minMs, minSessions }: { minMs: number; minSessions: number },
  guardrails: G,
) =>
  group({
    /** Time in this step before the next one. */
    minMs: z.number().nonnegative().default(minMs),
    /** Sessions in this step before the next one. */
    minSessions: count.default(minSessions),
    /** `no harm`: no bound shows harm; `no worse`: every bound rules harm out; `nothing`: may go without guardrails. */
    guardrails,
  });

const A_DAY = { minMs: DAY_MS, minSessions: 1000 };
const anyGuardrails = z.enum(['nothing', 'no harm', 'no worse']);
/** Nobody is shown the challenger yet. */
const noGuardrails = z.literal('nothing').default('nothing').meta({
  description: "'nothing', as nobody is shown the challenger yet and it has no metric to read",
});

export const rollout = group({
  /** `staged`: through shadow and canary; `direct`: to everybody at once. */
  mode: z.enum(['staged', 'direct']).default('staged'),
  /** When rollouts are decided on: one decision each time. */
  schedule: schedule.default('*/10 * * * *'),
  /** Share of the sessions that a challenger in shadow is scored for. */
  shadowShare: share.default(0.1),
  /** Metrics of the challenger's canary that must not get worse than by their margin, relative. */
  guardrails: z
    .array(
      z.strictObject({
        metric: z.enum(DEFAULT_METRICS.map(({ name }) => name)),
        margin: z.number().nonnegative().lt(1),
      }),
    )
    .min(1)
    .readonly()
    .default([{ metric: 'click_through', margin: 0.05 }]),
  /** Error rate of all guardrails together, over all looks. */
  alpha: z.number().gt(0).lt(1).default(0.05),
  /** In a stage with fewer sessions in an arm no guardrail is read. */
  minimumPerArm: count.min(2).default(200),
  /** What each step asks for before the next one. Harm must be ruled out before more than 5 % see the challenger: until then there are too few sessions to detect it. */
  steps: group({
    /** It has passed the gate. */
    candidate: step({ minMs: 0, minSessions: 0 }, noGuardrails),
    /** It is scored for the same requests as the champion, and shown to nobody. */
    shadow: step(A_DAY, noGuardrails),
    /** Shown to 1 % of the traffic. */
    'canary 1': step(A_DAY, anyGuardrails.default('no harm')),
    /** Shown to 5 %. */
    'canary 5': step(A_DAY, anyGuardrails.default('no worse')),
    /** Shown to 25 %. */
    'canary 25': step(A_DAY, anyGuardrails.default('no worse')),
    /** Shown to 50 %. */
    'canary 50': step(A_DAY, anyGuardrails.default('no worse')),
    /** Shown to everybody, and not the champion yet. */
    'canary 100': step(A_DAY, anyGuardrails.default('no worse')),
  }),
  /** A step that has not let the challenger pass in this time withdraws it; `null` lets it wait for ever. */
  maxStepMs: positive.nullable().default(14 * DAY_MS),
});

export type RolloutSettings = z.infer<typeof rollout>;
/** What a step asks for before the next one. */
export type StepRules = RolloutSettings['steps']['canary 1'];

/** The rules that a rollout is started with, and that are stored with it. */
export interface RolloutRules {
  readonly steps: Readonly<Record<keyof RolloutSettings['steps'], StepRules>>;
  /** Without, a step waits for ever. */
  readonly maxStepMs?: number;
}

/** @throws Error naming the setting and what it should have been. */
export const parseRollout = (value: unknown): RolloutSettings => parseSettings(rollout, value);

export const rulesOf = ({
  steps,
  maxStepMs,
}: Pick<RolloutSettings, 'steps' | 'maxStepMs'>): RolloutRules => ({
  steps,
  ...(maxStepMs !== null && { maxStepMs }),
});

export const DEFAULT_ROLLOUT = parseRollout({});
export const DEFAULT_ROLLOUT_RULES = rulesOf(DEFAULT_ROLLOUT);
