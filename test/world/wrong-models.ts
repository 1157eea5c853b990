import { crossFitRewards } from '../../backend/science/evaluation/off-policy/reward-model.ts';
import type { LoggedRounds } from '../../backend/science/evaluation/off-policy/rounds.ts';
import { ACTIONS, CONTEXTS, type LoggedActions } from './logged-actions.ts';

type Modelled = LoggedRounds & { readonly model: NonNullable<LoggedRounds['model']> };

/** Reward models of the logged actions, from the true shape to ones that say nothing or the wrong thing. */
export const MODELS: Readonly<Record<string, (log: LoggedActions) => Modelled>> = {
  'the true shape': ({ tables, context }) =>
    crossFitRewards(
      tables,
      [
        {
          size: CONTEXTS * ACTIONS,
          at: (row: number, action: number) => context[row] * ACTIONS + action,
        },
      ],
      { l2: [0.1] },
    ),
  'no visitors': ({ tables }) =>
    crossFitRewards(tables, [{ size: ACTIONS, at: (_: number, action: number) => action }]),
  'no actions': ({ tables, context }) =>
    crossFitRewards(tables, [{ size: CONTEXTS, at: (row: number) => context[row] }]),
  'all but one mean, by a strong ridge': ({ tables, context }) =>
    crossFitRewards(
      tables,
      [
        {
          size: CONTEXTS * ACTIONS,
          at: (row: number, action: number) => context[row] * ACTIONS + action,
        },
      ],
      { l2: [10_000] },
    ),
  'twice the reward': (log) => {
    const rounds = MODELS['the true shape'](log);
    const twice = (values: ArrayLike<number>) => Float64Array.from(values, (value) => 2 * value);
    return {
      ...rounds,
      model: { logged: twice(rounds.model.logged), expected: twice(rounds.model.expected) },
    };
  },
};
