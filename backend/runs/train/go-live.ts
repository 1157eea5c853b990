import { ApiError } from '../../../shared/domain/errors.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { LivePointerService } from '../../models/live-pointer-service.ts';
import { placementFlag } from '../../rollouts/rollout-evidence.ts';
import type { RolloutMode } from '../../rollouts/settings.ts';
import type { GateVerdict } from '../../science/evaluation/gate-report.ts';

export interface GoLiveDeps {
  readonly livePointer: Pick<LivePointerService, 'promote'>;
  /** Starts a rollout. @returns its id. */
  readonly propose: (
    version: Version,
    gate: GateVerdict,
    by: string,
    placement?: string,
  ) => Promise<string>;
}

export interface WentLive {
  /** It is the champion, or a rollout is to make it one. */
  readonly isGoingLive: boolean;
  /** What came of it, in a sentence for the run's row. */
  readonly outcome: string;
}

const going = (outcome: string): WentLive => ({ isGoingLive: true, outcome });

/**
 * Brings a version to visitors: through a rollout, or to everybody at once.
 * A refusal leaves the version stored.
 */
export async function goLive(
  { livePointer, propose }: GoLiveDeps,
  version: Version,
  gate: GateVerdict,
  {
    by,
    mode,
    placement,
  }: { readonly by: string; readonly mode: RolloutMode; readonly placement?: string },
): Promise<WentLive> {
  try {
    if (mode === 'staged')
      return going(
        `not live yet: rollout ${await propose(version, gate, by, placement)} takes it through shadow and canary ("trimtab rollouts" shows how far it is, "trimtab promote ${version}${placementFlag(placement)}" skips the rest)`,
      );
    await livePointer.promote(version, by, placement);
    return going('promoted');
  } catch (error) {
    if (error instanceof ApiError)
      return { isGoingLive: false, outcome: `stored, not promoted: ${error.message}` };
    throw error;
  }
}
