import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { parseRankRequest, type RankRequest } from '../../shared/domain/rank-request.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { bucketCount } from '../../shared/features/schema.ts';
import { addDeltas } from '../../shared/score/add-deltas.ts';
import { KeptPools } from '../../shared/score/kept-pools.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../shared/score/scorer.ts';
import type { Part, Say } from './support/part.ts';
import { bodiesOf, liveOf, type RankVariant } from './support/rank-variant.ts';
import type { BenchRow } from './support/row.ts';

const SEED = 7;
const REQUESTS = 8192;
/** With learning as people click an isolate takes new weights every five seconds at most. */
const REFRESH_S = 5;
const PER_SECOND = [10, 100, 1000];
const DELTA_FEATURES = 4;

/**
 * What it is worth to keep the best rows of requests (`KeptPools`): hit rates and processor time per slate, where no two requests are
 * alike and where many ask for the same, by how many requests an isolate gets until its weights change.
 */
export function benchPools(say: Say, variant: RankVariant): Part {
  const live = liveOf({ ...variant, learned: true }, SEED);
  const { schema } = live;
  const competing = rankable(catalogueTable(schema, live.items));
  const first = additiveFromPoints(schema, live.points, {
    version: RULES_VERSION,
    name: 'learned',
  });
  const rows: BenchRow[] = [];
  for (const visitors of ['different', 'zipf'] as const) {
    const requests = bodiesOf({ ...variant, visitors }, live, REQUESTS, SEED).map((body) =>
      parseRankRequest(body, 'personalise', 0),
    );
    for (const perSecond of PER_SECOND) {
      say(`pools: ${visitors}, ${perSecond} requests a second`);
      const every = perSecond * REFRESH_S;
      // Compiled in, and once more to be measured.
      replay(first, competing, requests, every, new KeptPools());
      replay(first, competing, requests, every, undefined);
      const without = replay(first, competing, requests, every, undefined);
      const pools = new KeptPools();
      const kept = replay(first, competing, requests, every, pools);
      const { hits, misses } = pools.counts;
      const name = `${visitors}, ${perSecond} a second`;
      rows.push(
        { name: `${name}: hit rate`, value: (100 * hits) / (hits + misses), unit: '%' },
        {
          name: `${name}: a slate`,
          value: kept,
          unit: 'µs',
          ratio: kept / without,
          against: 'without',
        },
      );
    }
  }
  return {
    rows,
    notes: [
      `${variant.items} trips, a weight in every bucket, ${REQUESTS} requests, new weights by deltas to ${DELTA_FEATURES} features every ${REFRESH_S} s of them; processor time of encoding to codes, whole runs`,
    ],
  };
}

/** @param every after so many requests the weights change. @returns µs of processor time per slate. */
function replay(
  first: AdditiveScorer,
  competing: RankableTable,
  requests: readonly RankRequest[],
  every: number,
  pools: KeptPools | undefined,
): number {
  const random = seededRandom(SEED);
  const { features, exploration } = first.schema;
  let scorer = first;
  const nowMs = Date.now();
  const before = process.cpuUsage();
  requests.forEach((request, i) => {
    if (i % every === every - 1) {
      const deltas = Array.from({ length: DELTA_FEATURES }, () => {
        const spec = features[Math.floor(random() * features.length)];
        const bucket = Math.floor(random() * bucketCount(spec));
        return { feature: spec.name, bucket, points: random() / 8 };
      });
      scorer = addDeltas(first, deltas);
    }
    const { limit } = request;
    rankSlate(scorer, competing, request, {
      limit,
      seed: i,
      nowMs: nowMs + i,
      exploration,
      ...(pools && { pools }),
    });
  });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests.length;
}
