import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import type { AdditiveScorer, Scorer } from '../../../shared/score/scorer.ts';
import { addDeltas } from '../../../shared/score/add-deltas.ts';
import { deltasFromBytes } from '../../science/learn/online/delta-bytes.ts';
import { deltasOf } from '../../science/learn/online/deltas-of.ts';
import type { Store } from '../../store/open.ts';
import { learnerOf, readLearnedMark, readLearners } from './learner-rows.ts';
import { newestDeltas } from './served-deltas.ts';
import { DEFAULT_ONLINE } from './settings.ts';

/**
 * A version with all that was learned since it went live, also beyond the trust region: what the next training starts from. The champion's,
 * else that of the arm that has it.
 * @returns undefined where that is nothing, or was dropped.
 */
export async function learnedScorer(
  store: Pick<Store, 'db'>,
  scorer: Scorer,
): Promise<AdditiveScorer | undefined> {
  const row = await learnerRow(store, scorer);
  if (row === undefined || scorer.kind !== 'additive') return undefined;
  const { problem, posterior } = learnerOf(scorer, row, DEFAULT_ONLINE.spread);
  const deltas = deltasOf(problem, posterior);
  return deltas.length === 0 ? undefined : addDeltas(scorer, deltas);
}

/** The same as it is served: within the trust region, as of when it was sent. */
export async function sentScorer(
  store: Pick<Store, 'db'>,
  scorer: Scorer,
): Promise<AdditiveScorer | undefined> {
  const row = await learnerRow(store, scorer);
  if (row === undefined || scorer.kind !== 'additive') return undefined;
  const { mark } = await readLearnedMark(store.db, row.arm);
  const { number, content } = await newestDeltas(store, row.arm, scorer.version);
  return number !== mark?.number || content.length === 0
    ? undefined
    : addDeltas(scorer, deltasFromBytes(scorer.schema, content));
}

async function learnerRow(store: Pick<Store, 'db'>, { version }: Scorer) {
  const rows = (await readLearners(store)).filter(
    (row) => row.version === version && row.stoppedAt === null,
  );
  return rows.find(({ arm }) => arm === CHAMPION_ARM) ?? rows[0];
}
