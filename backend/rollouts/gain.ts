import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { percent } from '../../shared/text/text.ts';
import { SHARE, type Stage } from './steps.ts';

/** An estimate of a gain with the bounds of a confidence sequence, so that it may be read at every decision. */
export interface GainInterval {
  readonly estimate: number;
  readonly standardError: number;
  /** Sessions of an equal split that would tell as much; of an interleaving, its sessions. */
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

export type GainReading = GainInterval | { readonly missing: string };

/** Whether the challenger is better, as visitors say. */
export interface GainEvidence {
  /** Two-sided error rate of each of both readings, over all looks. */
  readonly alpha: number;
  /** Of each guardrail. */
  readonly noWorseAlpha: number;
  /** The metric that decides: relative change over all steps of the canary, above 0 where the challenger is better. */
  readonly canary?: GainReading;
  /** Share of the sessions with more clicks on one version's items that the challenger won; ½ is no preference. */
  readonly interleaving?: GainReading;
}

/** What a canary of this site could tell, from the log of the last days. */
export interface CanaryPlan {
  readonly sessionsPerDay: number;
  /** Sessions of an equal split that show the smallest gain of interest; absent where no number would do. */
  readonly sessions?: number;
  /** Most slates hold more than one item, so that they can be interleaved. */
  readonly severalItems: boolean;
  /** Share of these sessions whose slates may be interleaved: experiments of exploration hold the others; absent: all. */
  readonly interleavable?: number;
}

/** At the same share shown, interleaving tells two to five times as much as a split: with fewer sessions it may tell less. */
const LEAST_INTERLEAVABLE = 0.5;

/** Whether experiments leave interleaving enough sessions to tell more than a canary would. */
export const mayInterleave = ({ interleavable = 1 }: CanaryPlan): boolean =>
  interleavable >= LEAST_INTERLEAVABLE;

/** Preference where neither version's items are clicked more. */
export const NO_PREFERENCE = 0.5;

/** `4 s (1 − s)`: how much a session tells where the share s is shown the challenger, and half of all would tell 1. */
export const toldPerSession = (share: number): number => 4 * share * (1 - share);

/** How long the planned sessions take at a step, in ms; `Infinity` where no time would do. */
export const plannedMs = ({ sessions, sessionsPerDay }: CanaryPlan, stage: Stage): number =>
  sessions === undefined
    ? Infinity
    : (sessions / (sessionsPerDay * toldPerSession(SHARE[stage]))) * DAY_MS;

/** Which reading shows a gain, in words; undefined where none does. */
export function gainShown({ canary, interleaving }: Partial<GainEvidence> = {}):
  | string
  | undefined {
  if (isKnown(interleaving) && interleaving.low > NO_PREFERENCE)
    return preferenceText(interleaving);
  if (isKnown(canary) && canary.low > 0) return gainText(canary);
  return undefined;
}

/** Fewer clicks are credited to the challenger than to the champion, significantly. */
export const isLessPreferred = (reading: GainReading | undefined): reading is GainInterval =>
  isKnown(reading) && reading.high < NO_PREFERENCE;

/** The challenger is worse in the metric that decides, significantly. */
export const isLoss = (reading: GainReading | undefined): reading is GainInterval =>
  isKnown(reading) && reading.high < 0;

/** A reading with a number that is not finite is no evidence; JSON makes it null, which must give the same decision. */
export const isKnown = (reading: GainReading | undefined): reading is GainInterval =>
  reading !== undefined &&
  !('missing' in reading) &&
  [reading.estimate, reading.standardError, reading.n, reading.low, reading.high].every(
    Number.isFinite,
  );

export const preferenceText = ({ low, high, n }: GainInterval): string =>
  `interleaving prefers it in ${bound(low)} to ${bound(high)} of the sessions that prefer one (${n} sessions)`;

export const gainText = ({ low, high }: GainInterval): string =>
  `a gain of ${bound(low, true)} to ${bound(high, true)}`;

const bound = (value: number, signed = false) => percent(value, { digits: 2, signed });
