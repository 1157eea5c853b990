import { json, type BackendClient } from '../../../backend/client/backend-client.ts';
import type { RolloutDecision } from '../../../backend/rollouts/rollout-decision.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import { within } from './within.ts';

export interface Followed {
  readonly id: string;
  readonly challenger: Version;
  /** Those that changed the stage, the first one first. */
  readonly decisions: readonly RolloutDecision[];
}

/**
 * Waits until a rollout is over or not waited for any longer, and tells each step as soon as it is decided.
 * @throws Missed when it takes longer than @param limitMs, with what it still lacked.
 */
export async function followRollout(
  client: BackendClient,
  id: string,
  tell: (decision: RolloutDecision) => void,
  limitMs: number,
  signal: AbortSignal,
  /** Whether it is not waited for any longer. */
  givesUp: () => boolean = () => false,
): Promise<Followed> {
  let told = 0;
  let why = '';
  return within(
    limitMs,
    `the rollout ${id} ends`,
    signal,
    async () => {
      const rollout = await json(client.rollouts[':id'].$get({ param: { id }, query: {} }));
      why = rollout.why ?? '';
      const decisions = rollout.decisions.filter(({ from, next }) => from.stage !== next.stage);
      for (const decision of decisions.slice(told)) tell(decision);
      told = decisions.length;
      return rollout.endedAt === null && !givesUp()
        ? undefined
        : { id, challenger: rollout.challenger as Version, decisions };
    },
    () => why,
  );
}
