import { seededRandom } from '../../shared/explore/random.ts';
import type { ActionTables } from '../../backend/science/evaluation/off-policy/rounds.ts';

/** Four kinds of visitors, five actions: how often each earns a click, and two policies that differ in taste. */
const CLICK_RATE = [
  [0.1, 0.2, 0.3, 0.25, 0.15],
  [0.4, 0.1, 0.2, 0.2, 0.3],
  [0.15, 0.35, 0.1, 0.3, 0.2],
  [0.25, 0.25, 0.4, 0.1, 0.2],
];
export const CONTEXTS = CLICK_RATE.length;
export const ACTIONS = CLICK_RATE[0].length;

const softmax = (scores: readonly number[]): number[] => {
  const odds = scores.map((score) => Math.exp(score));
  const total = odds.reduce((sum, value) => sum + value, 0);
  return odds.map((value) => value / total);
};
const LOGGING = CLICK_RATE.map((_, x) =>
  softmax(Array.from({ length: ACTIONS }, (__, a) => 1 * Math.sin(3 * x + 2 * a))),
);
const EVALUATED = CLICK_RATE.map((rates) => softmax(rates.map((rate) => 6 * rate)));

/** What the evaluated policy truly earns per row: every kind of visitor comes as often. */
export const TRUE_VALUE =
  EVALUATED.reduce(
    (sum, shares, x) => sum + shares.reduce((own, p, a) => own + p * CLICK_RATE[x][a], 0),
    0,
  ) / CONTEXTS;

/** What it earns per row beyond what the logging policy does. */
export const TRUE_GAIN =
  TRUE_VALUE -
  LOGGING.reduce(
    (sum, shares, x) => sum + shares.reduce((own, p, a) => own + p * CLICK_RATE[x][a], 0),
    0,
  ) /
    CONTEXTS;

export interface LoggedActions {
  readonly tables: ActionTables;
  /** Kind of visitor of each row. */
  readonly context: Uint8Array;
}

/**
 * One log of the world. Each user has `visits` rows of one kind; `alike` moves all of a user's click rates up
 * or down together.
 */
export function logActions(
  rows: number,
  seed: number,
  { visits = 1, alike = 0 } = {},
): LoggedActions {
  const random = seededRandom(seed);
  const context = new Uint8Array(rows);
  const action = new Uint8Array(rows);
  const [reward, pscore] = [new Float64Array(rows), new Float64Array(rows)];
  const evaluation = new Float64Array(rows * ACTIONS);
  let [x, mood] = [0, 0];
  for (let row = 0; row < rows; row++) {
    if (row % visits === 0) {
      x = Math.floor(random() * CONTEXTS);
      mood = random() < 0.5 ? -alike : alike;
    }
    let at = random();
    const a = Math.max(
      0,
      LOGGING[x].findIndex((p) => (at -= p) < 0),
    );
    context[row] = x;
    action[row] = a;
    pscore[row] = LOGGING[x][a];
    reward[row] = random() < CLICK_RATE[x][a] + mood ? 1 : 0;
    evaluation.set(EVALUATED[x], row * ACTIONS);
  }
  const cluster = Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / visits));
  const tables = { reward, pscore, action, actions: ACTIONS, positions: 1, evaluation };
  return { tables: visits === 1 ? tables : { ...tables, cluster }, context };
}
