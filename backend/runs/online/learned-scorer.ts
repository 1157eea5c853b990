import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import type { AdditiveScorer, Scorer } from '../../../shared/score/scorer.ts';
import { addDeltas } from '../../../shared/score/add-deltas.ts';
import { deltasOf } from '../../science/learn/online/online-learner.ts';
import type { Store } from '../../store/open.ts';
import { learnerOf, readLearners } from './learner-rows.ts';
import { DEFAULT_ONLINE } from './settings.ts';

/**
 * A version as it is served, with what was learned since it went live: the champion's, else that of the arm that has it.
 * @returns undefined where that is nothing, or was dropped.
 */
export async function learnedScorer(
  store: Pick<Store, 'db'>,
  scorer: Scorer,
): Promise<AdditiveScorer | undefined> {
  if (scorer.kind !== 'additive') return undefined;
  const rows = (await readLearners(store)).filter(
    ({ version, stoppedAt }) => version === scorer.version && stoppedAt === null,
  );
  const row = rows.find(({ arm }) => arm === CHAMPION_ARM) ?? rows[0];
  if (row === undefined) return undefined;
  const { problem, posterior } = learnerOf(scorer, row, DEFAULT_ONLINE.spread);
  const deltas = deltasOf(problem, posterior);
  return deltas.length === 0 ? undefined : addDeltas(scorer, deltas);
}
