import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Store } from '../../store/open.ts';
import { BUDGET_MS, BURN_RULES, budgetLeft, burnRate, burns, WINDOWS_MS } from './burn-rates.ts';
import { OBJECTIVES, SPAN_MS, wordsOf, type ObjectiveName } from './objective.ts';
import { readMoves, type PointerMove } from './pointer-age.ts';
import type { ObjectiveSettings } from './settings.ts';
import { readStretches, readWindows } from './stored-counts.ts';

/** `burning`: an alert's rule holds. `spent`: nothing is left of the budget. `unknown`: nothing was counted. */
export type ObjectiveState = 'kept' | 'burning' | 'spent' | 'unknown';

export interface Objective {
  readonly name: ObjectiveName;
  readonly says: string;
  readonly target: number;
  readonly state: ObjectiveState;
  /** Of the last 28 days. */
  readonly good: number;
  readonly total: number;
  /** 1 all of the error budget, 0 nothing, less where more was spent; null without events. */
  readonly budgetLeft: number | null;
  /** By window, ms; null without events. */
  readonly burnRates: readonly { readonly windowMs: number; readonly rate: number | null }[];
}

export interface ObjectivesNow {
  readonly objectives: readonly Objective[];
  /** By stretch, oldest first, without objectives that have no events in it. `at` is epoch ms. */
  readonly history: readonly {
    readonly at: number;
    readonly counts: Readonly<Record<string, { readonly good: number; readonly total: number }>>;
  }[];
  /** Length of a stretch, ms. */
  readonly stretchMs: number;
  readonly moves: readonly PointerMove[];
}

/** What every objective has come to. */
export async function readObjectives(
  store: Pick<Store, 'db'>,
  settings: ObjectiveSettings,
  nowMs: number,
): Promise<Objective[]> {
  const countsIn = await readWindows(store, WINDOWS_MS, nowMs);
  return OBJECTIVES.map((name) => {
    const { target } = settings[name];
    const own = (windowMs: number) => countsIn(name, windowMs);
    const { good, total } = own(BUDGET_MS);
    const left = budgetLeft({ good, total }, target) ?? null;
    const isBurning = BURN_RULES.some(
      (rule) => burns(rule, own, target, settings.minEvents) === true,
    );
    const state: ObjectiveState =
      left === null ? 'unknown' : left <= 0 ? 'spent' : isBurning ? 'burning' : 'kept';
    return {
      name,
      says: wordsOf(name, settings),
      target,
      state,
      good,
      total,
      budgetLeft: left,
      burnRates: WINDOWS_MS.map((windowMs) => ({
        windowMs,
        rate: burnRate(own(windowMs), target) ?? null,
      })),
    };
  });
}

const MOVES = 5;
/** A chart of so many points is read; more are a band. */
const MOST_POINTS = 200;

/** The same, with what came of them over time and how long the last moves of the pointer took. */
export async function readObjectivesNow(
  store: Store,
  settings: ObjectiveSettings,
  days: number,
  nowMs: number,
): Promise<ObjectivesNow> {
  const stretchMs = stretchOf(days * DAY_MS);
  const from = nowMs - days * DAY_MS;
  const stretches = await readStretches(store, {
    from: from - (from % stretchMs),
    to: nowMs + 1,
    stretchMs,
  });
  const history = [...Map.groupBy(stretches, ({ at }) => at)].map(([at, own]) => ({
    at,
    counts: Object.fromEntries(
      own.map(({ objective, good, total }) => [objective, { good, total }]),
    ),
  }));
  return {
    objectives: await readObjectives(store, settings, nowMs),
    history,
    stretchMs,
    moves: await readMoves(store, MOVES),
  };
}

const STRETCHES_MS = [SPAN_MS, 3_600_000, 6 * 3_600_000, DAY_MS];
const stretchOf = (lengthMs: number): number =>
  STRETCHES_MS.find((stretch) => lengthMs / stretch <= MOST_POINTS) ?? DAY_MS;
