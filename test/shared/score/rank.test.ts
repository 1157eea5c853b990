import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../shared/domain/decision.ts';
import { RULES_VERSION, type RankingId, type SessionId } from '../../../shared/domain/ids.ts';
import { parseRankRequest, type RankRequest } from '../../../shared/domain/rank-request.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { decisionsFromBytes, decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { explain } from '../../../shared/score/explain.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import {
  additiveFromPoints,
  scoreCodes,
  toPoints,
  type Scorer,
} from '../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';

const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
/** As decisions say it: in how many features weights are raised is for the version to say. */
const { raisedFeatures: _count, ...exploration } = scorer.exploration;
const table = packItems(smarttrip.columns, makeTrips(3000, 1));
const competing = rankable(table);
const requests = makeVisits(200, 2).map((visit) => parseRankRequest({ sessionId: 's', ...visit }));
const F = smarttrip.features.length;

const rank = (
  request: RankRequest,
  seed: number,
  using: { scorer: Scorer; competing: RankableTable } = { scorer, competing },
) =>
  rankSlate(using.scorer, using.competing, request, {
    limit: request.limit,
    seed,
    nowMs: NOW_MS,
    exploration,
  });

/** What the edge writes down of a ranking. */
function decide(request: RankRequest, seed: number): Decision {
  const { ids, units, propensities, codes } = rank(request, seed);
  return {
    rankingId: `r${seed}` as RankingId,
    at: NOW_MS,
    sessionId: 's' as SessionId,
    weights: scorer.version,
    delta: 0,
    schemaHash: smarttrip.hash,
    snapshot: 'live',
    degraded: false,
    seed,
    exploration,
    limit: request.limit,
    request: JSON.stringify(request),
    itemIds: ids,
    units,
    propensities,
    codes,
  };
}

describe('a logged decision', () => {
  it('replays to the same slate, scores, propensities and codes, bit for bit', () => {
    const decisions = requests.map((request, seed) => decide(request, seed));
    const logged = decisionsFromBytes(decisionsToBytes(decisions));
    expect(logged).toEqual(decisions);
    const stored = {
      scorer: scorerFromBytes(scorerToBytes(scorer)),
      competing: rankable(snapshotFromBytes(snapshotToBytes(smarttrip, table)).table),
    };
    for (const decision of logged) {
      const request = parseRankRequest(JSON.parse(decision.request));
      const { ids, units, propensities, codes } = rank(request, decision.seed, stored);
      expect({ ids, units, propensities, codes }).toEqual({
        ids: decision.itemIds,
        units: decision.units,
        propensities: decision.propensities,
        codes: decision.codes,
      });
    }
  });

  it('says of each slot the score that its codes add up to, and reasons that add up to it', () => {
    for (const [seed, request] of requests.entries()) {
      const { itemIds, units, codes } = decide(request, seed);
      itemIds.forEach((_, slot) => {
        expect(scoreCodes(scorer, codes, slot * F)).toBe(units[slot]);
        const reasons = explain(scorer, codes.subarray(slot * F, (slot + 1) * F));
        const sum = reasons.reduce((points, reason) => points + reason.points, 0);
        expect(sum).toBe(toPoints(units[slot]));
      });
    }
  });

  it('differs between seeds when it explores', () => {
    const slates = new Set([1, 2, 3, 4, 5].map((seed) => rank(requests[0], seed).ids.join()));
    expect(slates.size).toBe(5);
  });

  it('never draws from beyond the pool', () => {
    for (const [seed, request] of requests.entries()) {
      const pool = rankSlate(scorer, competing, request, {
        limit: scorer.exploration.poolSize,
        seed,
        nowMs: NOW_MS,
        exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
      });
      expect(rank(request, seed).rows.every((row) => pool.rows.includes(row))).toBe(true);
    }
  });
});

describe('reasons', () => {
  it('are named, in words, and the largest comes first', () => {
    const codes = Uint8Array.from(smarttrip.features, ({ name }) => (name === 'theme' ? 1 : 0));
    codes[0] = 1;
    expect(explain(scorer, codes)).toEqual([
      { feature: 'base', because: 'always', points: 30 },
      { feature: 'theme', because: 'none of the wished', points: -15 },
    ]);
  });
});
