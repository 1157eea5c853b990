import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { rewardInForce } from '../reward/in-force.ts';
import type { Trainer } from './trainer.ts';
import type { Versions } from '../models/versions.ts';
import type { Store } from '../store/open.ts';
import { runs } from '../store/tables.ts';
import type { ArmTraining } from '../experiments/train-arms.ts';

export interface TrainWithPolicyDeps {
  readonly store: Store;
  readonly versions: Pick<Versions, 'load'>;
  readonly trainer: Pick<Trainer, 'start'>;
  readonly nowMs: () => number;
}

const POLL_MS = 500;

/** Trains an arm's version in a run of its own, by the reward of the arm's policy. It waits while another run is under way. */
export const trainWithPolicy =
  ({ store, versions, trainer, nowMs }: TrainWithPolicyDeps) =>
  async ({ parent, name, rewardPolicy, experiment, lineage }: ArmTraining): Promise<Version> => {
    const { schema } = await versions.load(parent);
    const scope = { experimentId: experiment, rewardPolicy };
    const reward = await rewardInForce(store, schema, nowMs(), scope);
    const runId = await inItsTurn(() =>
      trainer.start({
        parent,
        name,
        reward,
        publish: false,
        ...(lineage !== null && { placement: lineage }),
      }),
    );
    for (;;) {
      const [run] = await store.db.select().from(runs).where(eq(runs.id, runId));
      if (run?.status === 'done') return run.version as Version;
      if (run === undefined || run.status === 'failed')
        throw new Error(`run ${runId} failed: ${run?.error ?? 'it is gone'}`);
      await sleep(POLL_MS);
    }
  };

/** Waits while another run is under way. */
export async function inItsTurn(start: () => Promise<string>): Promise<string> {
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'training_running')) throw error;
      await sleep(POLL_MS);
    }
  }
}
