import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { Visitor } from '../../shared/explore/assign.ts';
import { rankingInputOf, type RankingInput } from './ranking-input.ts';
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
  state: Omit<RankState, 'decisions'>,
  request: RankRequest,
  visitor: Visitor,
  when: Parameters<typeof rankingInputOf>[3],
): Promise<RankingInput> {
  const { weights, secondWeights } = full.config;
  const isPlain = [weights, secondWeights ?? weights].every(
    ({ scorer }) => scorer.kind === 'additive',
  );
  // An apprentice keeps the site's order for some, which is no version's to change.
  if (isPlain || full.order !== undefined) return full;
  try {
    const pinned = { pinned: RULES_VERSION, visitor };
    const { config, ...rules } = await rankingInputOf(state, request, pinned, when);
    if (config.weights.scorer.schema.hash !== weights.scorer.schema.hash) return full;
    state.underLoad.rankings++;
    return {
      ...rules,
      config: { ...config, exploration: PLAIN },
      degraded: true,
      ...(full.operators && { operators: full.operators }),
    };
  } catch {
    return full;
  }
}
