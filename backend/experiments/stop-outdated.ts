import type { Experiments } from './experiments.ts';
import { outdatedExperiments, type ReportDeps } from './reports.ts';

/** After a change of the account: stops what can be counted neither anew nor on as it was, and says why. */
export async function stopOutdated(deps: {
  readonly reports: ReportDeps;
  readonly experiments: Pick<Experiments, 'stop'>;
  readonly log: (message: string) => void;
}): Promise<void> {
  const { reports, experiments, log } = deps;
  for (const { id, name } of await outdatedExperiments(reports)) {
    const reason = `it was counted by an earlier account of what people did than that of now (${reports.account}), and its log is no longer whole, so that it cannot be counted anew`;
    await experiments.stop(id, 'trimtab', reason);
    log(`experiment ${name} (${id}) was stopped: ${reason}`);
  }
}
