import type { Exposure } from '../../shared/domain/experiment.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { experimentOf, otherArms } from '../../shared/explore/resolve.ts';
import type { Contest } from './contest.ts';
import { drawSlateOf, type Drawn } from './draw.ts';

/** The experiments whose arm could matter to this ranking. What decides it is the same in all arms. */
export function exposuresOf(
  { plan, table, degraded }: Contest,
  drawn: Drawn,
  asked: RankRequest,
  options: { seed: number; nowMs: number },
): readonly Exposure[] {
  if (plan === undefined || degraded) return [];
  const { resolved, pointer, servingOf } = plan;
  if (resolved.exposures.length === 0 || !competes(drawn, table.table.ids.length, asked)) return [];
  const shown = drawn.slate.ids.join(' ');
  return resolved.exposures.filter(({ experiment: id }) => {
    const experiment = experimentOf(id, pointer);
    switch (experiment.trigger) {
      case 'ranked':
        return true;
      case 'slate differs':
        // Lists that agree leave a draft nothing to decide.
        if (drawn.teams !== undefined) return drawn.slate.propensities.some((p) => p < 1);
        return otherArms(resolved, experiment, pointer).some((other) => {
          const { slate } = drawSlateOf(servingOf(other), table, asked, options);
          return slate.ids.join(' ') !== shown;
        });
      default:
        throw experiment.trigger satisfies never;
    }
  });
}

/** Whether there was more than one item to choose from. A single slot does not show how many that were. */
const competes = ({ slate }: Drawn, items: number, { limit }: RankRequest) =>
  slate.ids.length > 1 || (limit === 1 && slate.ids.length === 1 && items > 1);
