import { parseRankRequest, type Visit } from '../../shared/domain/rank-request.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { BenchRow } from './support/row.ts';
import { rulesOf } from './support/scan-rows.ts';
import { makeTrips, makeVisits, NOW_MS } from './support/trips.ts';

/** Rankings under rules beside the same rankings without, in turn: encoding, search, pool and draw. */
const SIZES = [10_000, 100_000];
const VISITS = 96;
const ROUNDS = 15;

const RULES: Readonly<Record<string, object>> = {
  'a cap': { caps: [{ column: 'country', most: 3 }] },
  'a collapsed column': { caps: [{ column: 'price', most: 1, collapse: true }] },
  'a quota': { quotas: [{ where: { column: 'country', in: ['FR'] }, least: 2, within: 10 }] },
  'a pin': { pins: [{ id: 'trip-7', position: 3 }] },
  'a boost': { boosts: [{ where: { column: 'price', to: 800 }, points: 6 }] },
};
const ALL = Object.assign({}, ...Object.values(RULES).filter((_, i) => i !== 1)) as object;

export function slateRuleRows(sizes = SIZES): BenchRow[] {
  const scorer = rulesOf(smarttrip);
  const rows: BenchRow[] = [];
  for (const size of sizes) {
    const table = rankable(catalogueTable(smarttrip, makeTrips(size, 1)));
    const visits = makeVisits(VISITS, 2);
    const kinds = Object.entries({ ...RULES, 'all but the collapsed column': ALL }).map(
      ([name, slateRules]) => ({
        name,
        rules: parseRankRequest({ sessionId: 's', slateRules }).slateRules!,
      }),
    );
    const rank = (visit: Visit, seed: number) =>
      rankSlate(scorer, table, visit, {
        limit: 20,
        seed,
        nowMs: NOW_MS,
        exploration: { temperature: 3, epsilon: 0.02, poolSize: 50 },
      });
    const [plain, ...own] = cpuUs([
      (i) => rank(visits[i], i),
      // A new object each time, as a request's is.
      ...kinds.map(
        ({ rules }) =>
          (i: number) =>
            rank({ ...visits[i], slateRules: { ...rules } }, i),
      ),
    ]);
    rows.push({ name: `${size}: plain`, value: plain, unit: 'µs' });
    kinds.forEach(({ name }, at) =>
      rows.push({
        name: `${size}: ${name}`,
        value: own[at],
        unit: 'µs',
        ratio: own[at] / plain,
        against: 'plain',
      }),
    );
  }
  return rows;
}

/** Processor time of each call per visit, µs: the fastest of its rounds, which take turns. */
function cpuUs(calls: readonly ((visit: number) => unknown)[]): number[] {
  const least = calls.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++)
    calls.forEach((call, at) => {
      const before = process.cpuUsage();
      for (let visit = 0; visit < VISITS; visit++) call(visit);
      const { user, system } = process.cpuUsage(before);
      least[at] = Math.min(least[at], (user + system) / VISITS);
    });
  return least;
}
