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
    /** `no harm`: no bound shows harm; `no worse`: every bound rules harm out; `gain`: that, and a bound shows a gain; `nothing`: may go without. */
    guardrails,
  });

/** As many sessions as a guardrail is read from; what a step has to prove asks for more by itself. */
const minSessions = 200;
/** For steps that decide: visitors of every hour are among its sessions. */
const A_DAY = { minMs: DAY_MS, minSessions };
/** For steps on the way to them. */
const A_WHILE = { minMs: DAY_MS / 4, minSessions };
const anyGuardrails = z.enum(['nothing', 'no harm', 'no worse', 'gain']);
const metric = z.enum(DEFAULT_METRICS.map(({ name }) => name));
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
        metric,
        margin: z.number().nonnegative().lt(1),
      }),
    )
    .min(1)
    .readonly()
    .default([{ metric: 'click_through', margin: 0.02 }]),
  /** Metric whose gain makes a challenger the champion. Interleaving, which counts clicks, speaks for `click_through` and `clicks_per_ranking` only. */
  decides: metric.default('click_through'),
  /** The smallest gain of interest, relative: a challenger that cannot win as much is withdrawn, and tests are planned to find it. */
  minGain: z.number().gt(0).lt(1).default(0.05),
  /** A test that is less likely than this to show a gain in the time that is left is given up, once it is half way. */
  futility: z.number().min(0).lt(1).default(0.05),
  /** What steps ask, once a gain is shown, of guardrails other than the metric that decides: `no worse` leaves it as the step says. */
  afterGain: z.enum(['no harm', 'no worse']).default('no worse'),
  /** When slates are drafted from challenger and champion in turn, and clicks say whose items are preferred. */
  interleave: z.enum(['at low traffic', 'always', 'never']).default('at low traffic'),
  /** Share of the sessions that are interleaved; half of it counts as shown the challenger. */
  interleaveShare: z.number().gt(0).max(1).default(0.1),
  /** Traffic is low, so that 1 % of it would tell nothing, where a canary of 5 % is planned to take longer than this to find `minGain`. */
  lowTrafficMs: positive.default(7 * DAY_MS),
  /**
   * At low traffic, slates are interleaved where that canary is planned to take longer than this. As a gain of twice as much needs a
   * quarter of the sessions, up to four times `maxStepMs` it finds that one within a step, and more surely than interleaving.
   */
  interleaveFromMs: positive.default(4 * 28 * DAY_MS),
  /** A rollout that has stood still for so long gives way to one that waits; to one with better evidence it does at once. */
  giveWayMs: z.number().nonnegative().default(DAY_MS),
  /** Error rate of all guardrails together, over all looks; half of it is the chance that a challenger which is neither better nor preferred becomes champion. */
  alpha: z.number().gt(0).lt(1).default(0.05),
  /** In a stage with fewer sessions in an arm no guardrail is read. */
  minimumPerArm: count.min(2).default(200),
  /** What each step asks for before the next one. Harm must be ruled out before more than 5 % see the challenger: until then there are too few sessions to detect it. */
  steps: group({
    /** It has passed the gate. */
    candidate: step({ minMs: 0, minSessions: 0 }, noGuardrails),
    /** It is scored for the same requests as the champion, and shown to nobody. */
    shadow: step({ ...A_WHILE, minSessions: 100 }, noGuardrails),
    /** Shown to 1 % of the traffic. */
    'canary 1': step(A_WHILE, anyGuardrails.default('no harm')),
    /** Its slates and the champion's are interleaved for a share of the sessions. */
    interleaved: step(
      A_DAY,
      z.enum(['nothing', 'gain']).default('gain').meta({
        description: "'nothing' or 'gain', as no session is served by the challenger alone",
      }),
    ),
    /** Shown to 5 %. */
    'canary 5': step(A_DAY, anyGuardrails.default('no worse')),
    /** Shown to 25 %. */
    'canary 25': step(A_WHILE, anyGuardrails.default('no worse')),
    /** Shown to 50 %. */
    'canary 50': step(A_DAY, anyGuardrails.default('gain')),
    /** Shown to everybody, and not the champion yet. */
    'canary 100': step(A_WHILE, anyGuardrails.default('no worse')),
  }),
  /** A step that has not let the challenger pass in this time withdraws it; `null` lets it wait for ever. */
  maxStepMs: positive.nullable().default(28 * DAY_MS),
});

export type RolloutSettings = z.infer<typeof rollout>;
/** What a step asks for before the next one. */
export type StepRules = RolloutSettings['steps']['canary 1'];

/** The rules that a rollout is started with, and that are stored with it. */
export interface RolloutRules {
  /** Rules from before slates were interleaved have no such step. */
  readonly steps: Readonly<
    Record<Exclude<keyof RolloutSettings['steps'], 'interleaved'>, StepRules>
  > & { readonly interleaved?: StepRules };
  /** Without, a step waits for ever. */
  readonly maxStepMs?: number;
  /**
   * Error rate of all guardrails together, over all looks: one that is chosen anew once data are seen bounds nothing. Absent in
   * rules from before it was stored, which are read with that of the settings.
   */
  readonly alpha?: number;
  /** Absent in rules from before a gain was asked for. */
  readonly gain?: GainRules;
}

/** How a gain is looked for, and when the search is given up. */
export type GainRules = Pick<
  RolloutSettings,
  | 'decides'
  | 'minGain'
  | 'futility'
  | 'afterGain'
  | 'interleave'
  | 'interleaveShare'
  | 'lowTrafficMs'
  | 'giveWayMs'
> & {
  /** Absent in rules from before, which interleaved at any low traffic. */
  readonly interleaveFromMs?: number;
  /** Whether interleaving that shows no preference leads to a canary whatever the traffic; absent in rules from before it did. */
  readonly afterInterleaving?: 'canary';
  /** A gain that lies below 0 as a whole is harm; absent in rules from before, by which it was a gain too small to be of interest. */
  readonly lossIsHarm?: true;
};

/** @throws Error naming the setting and what it should have been. */
export const parseRollout = (value: unknown): RolloutSettings => parseSettings(rollout, value);

export const rulesOf = ({
  steps,
  maxStepMs,
  alpha,
  decides,
  minGain,
  futility,
  afterGain,
  interleave,
  interleaveShare,
  lowTrafficMs,
  interleaveFromMs,
  giveWayMs,
}: Pick<
  RolloutSettings,
  'steps' | 'maxStepMs' | 'alpha' | Exclude<keyof GainRules, 'afterInterleaving' | 'lossIsHarm'>
>): RolloutRules => ({
  steps,
  ...(maxStepMs !== null && { maxStepMs }),
  alpha,
  gain: {
    decides,
    minGain,
    futility,
    afterGain,
    interleave,
    interleaveShare,
    lowTrafficMs,
    interleaveFromMs,
    giveWayMs,
    afterInterleaving: 'canary',
    lossIsHarm: true,
  },
});

export const DEFAULT_ROLLOUT = parseRollout({});
export const DEFAULT_ROLLOUT_RULES = rulesOf(DEFAULT_ROLLOUT);
