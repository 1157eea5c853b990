import type { Decision } from '../../shared/domain/decision.ts';
import { identityKey } from '../../shared/domain/identity.ts';
import { parseRankingId, RULES_VERSION } from '../../shared/domain/ids.ts';
import { parseRankRequest } from '../../shared/domain/rank-request.ts';
import { signToken } from '../../shared/domain/token.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { codesOf, encodeRequest } from '../../shared/features/encode.ts';
import { decisionsToBytes } from '../../shared/format/decision-bytes.ts';
import { sealIngestBatch } from '../../shared/format/ingest-bytes.ts';
import { compileScores } from '../../shared/score/additive.ts';
import { unlearned } from '../../shared/score/posterior.ts';
import { drawFrom, rankSlate } from '../../shared/score/rank.ts';
import { poolOf } from '../../shared/score/pool.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';
import { slateItems } from '../../shared/score/slate-items.ts';
import { topRows } from '../../shared/score/top-rows.ts';
import type { Part, Say } from './support/part.ts';
import { bodiesOf, liveOf, type RankVariant } from './support/rank-variant.ts';
import type { BenchRow } from './support/row.ts';

const SEED = 7;
const BODIES = 512;
const ROUNDS = 15;
const WARM_UP = 8;
/** As many decisions as a batch gathers at 4,000 requests a second. */
const BATCH = 256;

/**
 * Where the time of a ranking goes, within one process of Node: the pure functions that `/v1/rank` calls, each over the same
 * requests, in processor time. What the platform takes (HTTP, promises, garbage of requests and responses, SQLite) is not in it.
 */
export function benchStages(say: Say, variant: RankVariant): Part {
  const live = liveOf(variant, SEED);
  const { schema, items, points } = live;
  const exploration = schema.exploration;
  const scorer = additiveFromPoints(schema, points, { version: RULES_VERSION, name: 'rules' });
  const unsure = additiveFromPoints(schema, points, {
    version: RULES_VERSION,
    name: 'rules',
    posterior: unlearned(schema, exploration),
  });
  const competing = rankable(catalogueTable(schema, items));
  const { table, rows, blocks } = competing;
  const key = identityKey('secret of identities');
  const nowMs = Date.now();
  const texts = bodiesOf(variant, live, BODIES, SEED).map((body) => JSON.stringify(body));
  const bodies = texts.map((text): unknown => JSON.parse(text));
  const requests = bodies.map((body) => parseRankRequest(body, 'personalise', nowMs));
  const encoded = requests.map((one) => encodeRequest(schema, table, rows, one, nowMs));
  const compiled = encoded.map((one) => compileScores(scorer, one, nowMs));
  const poolSize = exploration.poolSize;
  const options = (i: number) => ({ limit: requests[i].limit, nowMs, exploration, seed: i });
  const pools = requests.map((one, i) => poolOf(scorer, competing, one, options(i)));
  const slates = requests.map((one, i) => rankSlate(scorer, competing, one, options(i)));
  const ids = requests.map((_, i) =>
    parseRankingId(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`),
  );
  const sessions = requests.map(({ sessionId }) => key.sessionId(sessionId!));
  const snapshot = '0123456789abcdef0123456789abcdef';
  const tokenOf = (i: number) =>
    signToken(
      {
        rankingId: ids[i],
        sessionId: sessions[i],
        placement: requests[i].placement,
        weights: RULES_VERSION,
        snapshot,
        expiresAt: nowMs,
      },
      slates[i].ids,
      'secret of tokens',
    );
  const tokens = requests.map((_, i) => tokenOf(i));
  const requestText = (i: number) => {
    const { preferences, context, recent } = requests[i];
    return JSON.stringify({ preferences, context, recent });
  };
  const decisions = requests.map((one, i): Decision => ({
    rankingId: ids[i],
    at: nowMs,
    sessionId: sessions[i],
    context: { placement: one.placement, consent: one.consent },
    itemSource: 'catalogue',
    weights: RULES_VERSION,
    delta: 0,
    schemaHash: schema.hash,
    snapshot,
    degraded: false,
    seed: i,
    exploration,
    limit: one.limit,
    request: requestText(i),
    itemIds: slates[i].ids,
    units: slates[i].units,
    propensities: slates[i].propensities,
    codes: slates[i].codes,
  }));
  const batches = Array.from({ length: BODIES / BATCH }, (_, i) =>
    decisionsToBytes(decisions.slice(i * BATCH, (i + 1) * BATCH)),
  );
  const stages: readonly (readonly [string, (i: number) => unknown])[] = [
    ['the body from JSON', (i) => JSON.parse(texts[i])],
    ['the request, checked', (i) => parseRankRequest(bodies[i], 'personalise', nowMs)],
    ["the visitor's keyed id", (i) => key.sessionId(requests[i].sessionId!)],
    ['encode', (i) => encodeRequest(schema, table, rows, requests[i], nowMs)],
    ['compile', (i) => compileScores(scorer, encoded[i], nowMs)],
    [
      `scan for the best ${poolSize}`,
      (i) => topRows(compiled[i], table.ids.length, blocks, poolSize),
    ],
    ['draw the slate', (i) => drawFrom(pools[i], requests[i].limit, exploration, seededRandom(i))],
    ['codes of the slate', (i) => codesOf(encoded[i], slates[i].rows)],
    ['the whole slate', (i) => rankSlate(scorer, competing, requests[i], options(i))],
    [
      'the whole slate, a quarter with raises',
      (i) => rankSlate(unsure, competing, requests[i], options(i)),
    ],
    ['the token', tokenOf],
    [
      'the answer as JSON',
      (i) =>
        JSON.stringify({
          rankingId: ids[i],
          weights: RULES_VERSION,
          snapshot,
          degraded: false,
          items: slateItems(slates[i]),
          token: tokens[i],
        }),
    ],
    ['the request as it is logged', requestText],
    [
      'decisions as bytes',
      (i) => (i % BATCH === 0 ? decisionsToBytes(decisions.slice(i, i + BATCH)) : undefined),
    ],
    [
      'a batch sealed',
      (i) => (i % BATCH === 0 ? sealIngestBatch('shard-0', [batches[i / BATCH]], '[]') : undefined),
    ],
  ];
  const taken: number[][] = stages.map(() => []);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    say(`stages: round ${round + WARM_UP + 1} of ${WARM_UP + ROUNDS}`);
    stages.forEach(([, call], stage) => {
      const before = process.cpuUsage();
      for (let i = 0; i < BODIES; i++) call(i);
      const { user, system } = process.cpuUsage(before);
      // The first rounds are compiled in.
      if (round >= 0) taken[stage].push((user + system) / BODIES);
    });
  }
  const rowsOf = stages.map(([name], stage): BenchRow => ({
    name,
    value: taken[stage].toSorted((a, b) => a - b)[ROUNDS >> 1],
    unit: 'µs',
  }));
  return {
    rows: rowsOf,
    notes: [
      `${BODIES} different requests over ${variant.items} trips, medians of ${ROUNDS} rounds, processor time; "the whole slate" is encode to codes`,
    ],
  };
}
