import { json, type BackendClient } from '../../client/backend-client.ts';
import type { Rollout } from '../../http/answers.ts';
import { findId } from '../command/find-id.ts';

export const WHICH = 'its challenger (the newest rollout of it), its id or the beginning of it';

/** Newest first. */
export const recentRollouts = async (client: BackendClient): Promise<Rollout[]> =>
  (await json(client.rollouts.$get({ query: { limit: 200 } }))).rollouts;

/** @returns the id; of a challenger's several rollouts, that of the newest. @throws CliError where it is not one. */
export const rolloutId = (rollouts: readonly Rollout[], which: string): string =>
  findId(
    which,
    rollouts.map(({ id, challenger }, i) => {
      const newest = rollouts.findIndex((one) => one.challenger === challenger);
      return { id, name: i === newest ? challenger : id };
    }),
    'rollouts',
  );
