import type { Exposure } from '../../shared/domain/experiment.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { experimentOf, otherArms } from '../../shared/explore/resolve.ts';
import { competing } from '../../shared/score/filter/allowed-rows.ts';
import { drawSlateWith, type DrawnSlate, type DrawOptions } from './draw-slate.ts';
import type { RankingInput } from './ranking-input.ts';

/**
 * The experiments that this ranking exposes the visitor to: those whose arm could have made a difference. The
 * decision is the same whichever arm the visitor is in, so that exposed visitors stay comparable between arms.
 */
export function exposuresOf(
  { plan, table, degraded }: RankingInput,
  drawn: DrawnSlate,
  request: RankRequest,
  options: DrawOptions,
): readonly Exposure[] {
  if (plan === undefined || degraded) return [];
  const { resolved, pointer, configOf } = plan;
  if (resolved.exposures.length === 0 || !hasChoice(drawn, competing(table, request), request))
    return [];
  const shown = drawn.slate.ids.join(' ');
  return resolved.exposures.filter(({ experiment: id }) => {
    const experiment = experimentOf(id, pointer);
    switch (experiment.trigger) {
      case 'ranked':
        return true;
      case 'slate differs':
        // Where both arms would have picked the same items, interleaving has nothing to decide, however they explore.
        if (drawn.draft !== undefined) return drawn.draft.differs;
        return otherArms(resolved, experiment, pointer).some((other) => {
          const { slate } = drawSlateWith(configOf(other), table, request, options);
          return slate.ids.join(' ') !== shown;
        });
      default:
        throw experiment.trigger satisfies never;
    }
  });
}

/**
 * Whether there was more than one item to choose from. With a limit of 1 the slate does not show how many items there
 * were, so the number of those that compete decides.
 */
const hasChoice = ({ slate }: DrawnSlate, items: number, { limit }: RankRequest) =>
  slate.ids.length > 1 || (limit === 1 && slate.ids.length === 1 && items > 1);
