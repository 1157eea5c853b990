import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { codesOf, encodeRequest } from '../../shared/features/encode.ts';
import { bucketCount } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { additiveFromPoints, scoreCodes, toPoints } from '../../shared/score/scorer.ts';
import { catalogueOf, NOW_MS, type People } from './people.ts';

const OF_ALL = ['status', 'departing', 'price-level', 'duration-level', 'continent', 'trip-type'];
export const SEGMENTED = ['device-price', 'market-continent', 'visitor-status'];
/** Log-odds, uniform in ± this. */
const LIKED_BY_ALL = 0.8;
const DEVICES = ['mobile', 'desktop', 'tablet'];
const MARKETS = ['DE', 'AT', 'CH', 'NL', 'BE', 'FR', 'GB', 'US'];

/**
 * Visitors who are new and wish nothing, so that only their segment tells what they like: what all like, and how far their device,
 * market and kind of visitor differ from that. Half of them are of the two largest markets.
 * @param apart log-odds by which a segment differs, uniform in ± this; 0: all like the same.
 */
export function segments(seed: number, apart: number): People {
  const random = seededRandom(seed);
  const liking = (names: readonly string[], spread: number) =>
    smarttrip.features
      .filter(({ name }) => names.includes(name))
      .map((spec) => [
        spec.name,
        Array.from({ length: bucketCount(spec) }, () => spread * (2 * random() - 1)),
      ]);
  const likes = additiveFromPoints(
    smarttrip,
    Object.fromEntries([...liking(OF_ALL, LIKED_BY_ALL), ...liking(SEGMENTED, apart)]),
    { version: RULES_VERSION, name: 'likes' },
  );
  const table = catalogueOf(seed);
  const all = Array.from(table.table.ids, (_, row) => row);
  const known = new Map<string, Float64Array>();
  const worthOf = (visit: Visit) => {
    const key = JSON.stringify(visit.context);
    let worth = known.get(key);
    if (worth === undefined) {
      const codes = codesOf(encodeRequest(smarttrip, table.table, table.rows, visit, NOW_MS), all);
      worth = Float64Array.from(all, (row) =>
        toPoints(scoreCodes(likes, codes, row * smarttrip.features.length)),
      );
      known.set(key, worth);
    }
    return worth;
  };
  return {
    table,
    person(draw) {
      const pick = (from: readonly string[], towardsFirst = 1) =>
        from[Math.floor(draw() ** towardsFirst * from.length)];
      const context = {
        device: pick(DEVICES),
        market: pick(MARKETS, 2),
        visitor: draw() < 0.7 ? 'new' : 'returning',
      };
      const visit = { preferences: {}, context, recent: [] };
      return { visit, worth: worthOf(visit) };
    },
  };
}
