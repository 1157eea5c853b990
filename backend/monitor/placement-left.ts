import { leftPlacements, leftText } from '../experiments/left-placements.ts';
import { runningExperiments } from '../experiments/read-experiments.ts';
import type { Store } from '../store/open.ts';
import { type Finding, found, type Observation } from './finding.ts';

const KIND = 'placement left';

/** Finds running experiments of the default lineage that get no more rankings of a placement, as it has a lineage of its own now. */
export async function readLeftPlacements(store: Store): Promise<Observation> {
  const findings: Finding[] = [];
  for (const experiment of await runningExperiments(store))
    for (const left of await leftPlacements(store, experiment)) {
      if (!left.isAway) continue;
      const { placement, at } = left;
      findings.push({
        key: `${KIND}: ${experiment.id} ${placement}`,
        kind: KIND,
        message: `of experiment "${experiment.name}" (${experiment.id}): ${leftText(experiment, left)}`,
        details: { experiment: experiment.id, placement, since: at },
      });
    }
  return found(...findings);
}
