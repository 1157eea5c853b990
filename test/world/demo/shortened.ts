import type { TrimtabConfig } from '../../../backend/config/define-config.ts';

/** A day of the defaults lasts so long. */
const DAY_MS = 1000;
const REAL_DAY_MS = 86_400_000;
/** What a training learns from by default. */
export const WINDOW_MS = 30 * DAY_MS;

const A_WHILE = { minMs: DAY_MS / 4, minSessions: 30 };
const A_DAY = { minMs: DAY_MS, minSessions: 30 };

/**
 * What differs from the defaults, so that three minutes show what else takes weeks: days are seconds, and 30 sessions do
 * where 200 are asked for. Error rates, margins and bounds stay as they are, and with them what is asked of the evidence.
 */
export const SETTINGS = {
  training: { schedule: '', fullSchedule: '', windowDays: WINDOW_MS / REAL_DAY_MS },
  rollout: {
    schedule: '* * * * * *',
    minimumPerArm: 30,
    // 5 % of these visitors would take longer than a week of such days.
    lowTrafficMs: 7 * DAY_MS,
    interleaveFromMs: 7 * DAY_MS,
    steps: {
      shadow: A_WHILE,
      'canary 1': A_WHILE,
      interleaved: A_DAY,
      'canary 5': A_DAY,
      'canary 25': A_WHILE,
      'canary 50': A_DAY,
      'canary 100': A_WHILE,
    },
  },
  // What each version is worth is known exactly where it serves as it was published.
  onlineLearning: { enabled: false },
  // An edge may go by an older pointer for twice its refresh interval.
  kvSettleMs: 600,
} satisfies TrimtabConfig;

/** Of the Worker. All visitors come from one address, which is what limits on it are against. */
export const EDGE = {
  REFRESH_MS: '250',
  SHIP_INTERVAL_MS: '500',
  RATE_LIMITS: 'off',
} as const;

/** The same for whoever reads the output. */
export const SAID = [
  'a day of the defaults lasts a second: steps of a rollout, and the 30 days that a training learns from',
  'a step asks for 30 sessions in place of 200, and is decided on every second',
  'versions serve as they were published and learn nothing in between, so that what each is worth is known exactly',
  'edges look for a new version every 0.25 s in place of 5 s; rate limits are off, as all visitors share one address',
];
