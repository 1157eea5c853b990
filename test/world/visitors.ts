import { seededRandom } from '../../shared/explore/random.ts';
import type { Item } from '../../shared/domain/item.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import { codesOf, encodeRequest, indexRows } from '../../shared/features/encode.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { additiveFromPoints, scoreCodes, toPoints } from '../../shared/score/scorer.ts';

/** What these visitors truly like, which is not what the rules say: they shun last places and near departures. */
const TASTE = {
  theme: [0, -4, 8, 22],
  difficulty: [0, 4, 0, -6],
  duration: [0, 6, 3, -2],
  budget: [0, 25, 10, 2, -20],
  status: [0, 4, 2, -15],
  departing: [0, -12],
  place: [0, 10, 8],
};
const LOG_ODDS_PER_POINT = 0.15;

const truth = additiveFromPoints(smarttrip, TASTE, { version: RULES_VERSION, name: 'truth' });

export interface Crowd {
  /** What each item is worth to a visitor, in points. */
  worth(visit: Pick<Visit, 'preferences'>, itemIds: readonly string[]): number[];
  /**
   * The item that the visitor clicks, by a conditional logit on its worth; eyes fall on slot k with
   * probability 1/√k, so position pulls as it does in life.
   */
  click(visit: Pick<Visit, 'preferences'>, shown: readonly string[]): string;
}

/** @param seed makes the clicks; the same seed and questions give the same ones. */
export function crowd(catalogue: readonly Item[], seed: number, nowMs: number): Crowd {
  const random = seededRandom(seed);
  const table = packItems(smarttrip.columns, catalogue);
  const rows = indexRows(table);
  const worth: Crowd['worth'] = ({ preferences }, itemIds) => {
    const visit = { preferences, context: {}, recent: [] };
    const encoded = encodeRequest(smarttrip, table, rows, visit, nowMs);
    const codes = codesOf(
      encoded,
      itemIds.map((id) => rows.get(id)!),
    );
    const features = smarttrip.features.length;
    return itemIds.map((_, i) => toPoints(scoreCodes(truth, codes, i * features)));
  };
  return {
    worth,
    click(visit, shown) {
      const odds = worth(visit, shown).map((points, slot) =>
        Math.exp(points * LOG_ODDS_PER_POINT - 0.5 * Math.log(slot + 1)),
      );
      let left = random() * odds.reduce((sum, value) => sum + value, 0);
      return shown[odds.findIndex((value) => (left -= value) < 0)] ?? shown.at(-1)!;
    },
  };
}

/** Share of pairs of different worth that the scores order rightly; equal scores count half. */
export function concordance(scores: readonly number[], worth: readonly number[]): number {
  let [right, pairs] = [0, 0];
  for (let a = 0; a < scores.length; a++) {
    for (let b = 0; b < a; b++) {
      const wanted = Math.sign(worth[a] - worth[b]);
      if (wanted === 0) continue;
      pairs++;
      right += (1 + wanted * Math.sign(scores[a] - scores[b])) / 2;
    }
  }
  return right / pairs;
}
