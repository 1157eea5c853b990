import type { Experiments } from './experiments.ts';
import { outdatedExperiments, type ReportDeps } from './reports.ts';

/** Stops running experiments that can be neither recomputed under the current account nor continued under the old one. */
export async function stopOutdated(deps: {
  readonly reports: ReportDeps;
  readonly experiments: Pick<Experiments, 'stop'>;
  readonly log: (message: string) => void;
}): Promise<void> {
  const { reports, experiments, log } = deps;
  for (const { id, name } of await outdatedExperiments(reports)) {
    const reason = `its figures come from an earlier version of the account than the current one (${reports.account}), and part of its log has been deleted, so it can be neither recomputed under the current account nor continued under the old one`;
    await experiments.stop(id, 'trimtab', reason);
    log(`experiment ${name} (${id}) was stopped: ${reason}`);
  }
}
