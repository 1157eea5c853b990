import { ApiError } from '../../../shared/domain/errors.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { LivePointerService } from '../../models/live-pointer-service.ts';
import type { RolloutMode } from '../../rollouts/settings.ts';
import type { GateVerdict } from '../../science/evaluation/gate.ts';

export interface GoLiveDeps {
  readonly livePointer: Pick<LivePointerService, 'promote'>;
  /** Starts a rollout. @returns its id. */
  readonly propose: (version: Version, gate: GateVerdict, by: string) => Promise<string>;
}

/**
 * Brings a version to visitors: through a rollout, or to everybody at once.
 * @returns what came of it, in a sentence for the run's row; a refusal leaves the version stored.
 */
export async function goLive(
  { livePointer, propose }: GoLiveDeps,
  version: Version,
  gate: GateVerdict,
  { by, mode }: { readonly by: string; readonly mode: RolloutMode },
): Promise<string> {
  try {
    if (mode === 'staged')
      return `not live yet: rollout ${await propose(version, gate, by)} takes it through shadow and canary ("trimtab rollouts" shows how far it is, "trimtab promote ${version}" skips the rest)`;
    await livePointer.promote(version, by);
    return 'promoted';
  } catch (error) {
    if (error instanceof ApiError) return `stored, not promoted: ${error.message}`;
    throw error;
  }
}
