import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { interleave } from '../../shared/explore/interleave.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import type { ExplorationSpec } from '../../shared/features/schema.ts';
import { rankSlate, type RankableTable, type Slate } from '../../shared/score/rank.ts';
import type { Serving } from './plan.ts';

/** A slate, and how chance had its part in it. */
export interface Drawn {
  readonly slate: Slate;
  readonly exploration: ExplorationSpec;
  /** Of an interleaved slate: for each slot the index of the arm that put it there. */
  readonly teams?: Uint8Array;
}

/** A pure function of its arguments: what was served, and what would have been, come from the same seed. */
export function drawSlateOf(
  { weights: { scorer }, exploration = scorer.exploration, rival }: Serving,
  table: RankableTable,
  asked: RankRequest,
  { seed, nowMs }: { seed: number; nowMs: number },
): Drawn {
  const { limit } = asked;
  if (rival === undefined) {
    const slate = rankSlate(scorer, table, asked, { limit, seed, nowMs, exploration });
    return { slate, exploration };
  }
  // Each team's list is its best; the coins of the draft are all the chance there is.
  const certain = { ...exploration, temperature: 0, epsilon: 0 };
  const lists = [scorer, rival.scorer].map((one) =>
    rankSlate(one, table, asked, { limit, seed, nowMs, exploration: certain }),
  );
  return { ...draft(lists, limit, seed), exploration: certain };
}

/** @param lists both teams' slates, of one schema and table. */
function draft(lists: readonly Slate[], limit: number, seed: number) {
  const [first, second] = lists.map(({ rows }) => rows);
  const drafted = interleave([first, second], limit, seededRandom(seed));
  const slots = drafted.map(({ item, team }) => ({
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
    rows: drafted.map(({ item }) => item),
    units: slots.map(({ list, at }) => list.units[at]),
    propensities: drafted.map(({ propensity }) => propensity),
    codes,
  };
  return { slate, teams: Uint8Array.from(drafted, ({ team }) => team) };
}
