import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { experimentOf, otherArms } from '../../shared/explore/resolve.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { RankingInput } from './ranking-input.ts';
import type { RankState } from './rank-state.ts';

/** Each slot holds the best of what is left, with a probability of 1. */
const PLAIN: ExplorationSpec = { temperature: 0, epsilon: 0, poolSize: 1 };

/**
 * While an isolate is far behind, what trees or a network would rank is ranked by the rules (`v000000`), which takes a fifth of the time, and
 * without exploring. It is logged as what it is, a ranking of that version which is of no experiment, and as degraded.
 * @returns `full` where the rules would take as long, or are not stored under its schema.
 */
export async function inputUnderLoad(
  full: RankingInput,
  { pinnedScorers, underLoad }: Pick<RankState, 'pinnedScorers' | 'underLoad'>,
): Promise<RankingInput> {
  const scorers = possibleScorers(full);
  // An apprentice keeps the site's order for some, which is no version's to change.
  if (full.order !== undefined || scorers.every(({ kind }) => kind === 'additive')) return full;
  const rules = await pinnedScorers.get(RULES_VERSION).catch(() => undefined);
  if (rules === undefined || scorers.some(({ schema }) => schema.hash !== rules.schema.hash))
    return full;
  underLoad.rankings++;
  const { request, trade, table, catalogue, snapshot, operators } = full;
  return {
    request,
    ...(trade && { trade }),
    config: { weights: { scorer: rules, delta: 0 }, exploration: PLAIN },
    table,
    catalogue,
    snapshot,
    degraded: true,
    ...(operators && { operators }),
  };
}

/**
 * By what the visitor is ranked for, and would be in the other arms of their experiments: if one arm gave way and the others did not, the arms
 * would lose different visitors and could not be compared.
 */
function possibleScorers({ config, plan }: RankingInput): Scorer[] {
  const others = plan?.resolved.exposures.flatMap(({ experiment }) =>
    otherArms(plan.resolved, experimentOf(experiment, plan.pointer), plan.pointer),
  );
  return [config, ...(others ?? []).map((served) => plan!.configOf(served))].flatMap(
    ({ weights, secondWeights = weights }) => [weights.scorer, secondWeights.scorer],
  );
}
