import { withoutExploration, type ExplorationSpec } from '../../shared/domain/exploration.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { interleave } from '../../shared/explore/interleave.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { rankSlate, type RankableTable, type Slate } from '../../shared/score/rank.ts';
import type { ServingConfig } from './experiment-plan.ts';

/** A slate, with what is needed to say how it was drawn. */
export interface DrawnSlate {
  readonly slate: Slate;
  readonly exploration: ExplorationSpec;
  /**
   * Only of an interleaved slate: for each slot the index of the arm that put its item there, `Uint8Array(slots)`.
   */
  readonly teams?: Uint8Array;
}

/**
 * Draws a slate. A pure function of its arguments, so the slates of other arms can be drawn with the same seed.
 */
export function drawSlateWith(
  { weights: { scorer }, exploration = scorer.exploration, secondWeights }: ServingConfig,
  table: RankableTable,
  request: RankRequest,
  { seed, nowMs }: { seed: number; nowMs: number },
): DrawnSlate {
  const { limit } = request;
  if (secondWeights === undefined) {
    const slate = rankSlate(scorer, table, request, { limit, seed, nowMs, exploration });
    return { slate, exploration };
  }
  // Each arm's list is its best items in order. The coins of the interleaving are the only randomness.
  const deterministic = withoutExploration(exploration);
  const lists = [scorer, secondWeights.scorer].map((one) =>
    rankSlate(one, table, request, { limit, seed, nowMs, exploration: deterministic }),
  );
  return { ...interleaveSlates(lists, limit, seed), exploration: deterministic };
}

/** @param lists the slates of both arms, of one schema and one table. */
function interleaveSlates(lists: readonly Slate[], limit: number, seed: number) {
  const [first, second] = lists.map(({ rows }) => rows);
  const interleaved = interleave([first, second], limit, seededRandom(seed));
  const slots = interleaved.map(({ item, team }) => ({
    list: lists[team],
    at: lists[team].rows.indexOf(item),
  }));
  const features = first.length === 0 ? 0 : lists[0].codes.length / first.length;
  const codes = new Uint8Array(slots.length * features);
  slots.forEach(({ list, at }, slot) =>
    codes.set(list.codes.subarray(at * features, (at + 1) * features), slot * features),
  );
  const slate: Slate = {
    ids: slots.map(({ list, at }) => list.ids[at]),
    rows: interleaved.map(({ item }) => item),
    units: slots.map(({ list, at }) => list.units[at]),
    propensities: interleaved.map(({ propensity }) => propensity),
    codes,
  };
  return { slate, teams: Uint8Array.from(interleaved, ({ team }) => team) };
}
