import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { drawSlate } from '../../shared/explore/slate.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { codesOf, encodeRequest } from '../../shared/features/encode.ts';
import { tripWishes } from './trip-wishes.ts';
import { rankable } from '../../shared/score/rank.ts';
import { finalUnits } from '../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../bench/support/trips.ts';
import type { HiddenTaste } from './hidden-taste.ts';

const ITEMS = 300;
export const SENT = 30;
const FEATURES = tripWishes.features.length;

/** Codes of the candidates that one request sends, `Uint8Array(30 × F)`. */
export type Candidates = Uint8Array;

/** Requests that each send 30 of 300 trips and show one of them. */
export function requestsOfOne(count: number, seed: number): Candidates[] {
  const { table, rows } = rankable(packItems(tripWishes.columns, makeTrips(ITEMS, seed)));
  const random = seededRandom(seed + 2);
  return makeVisits(count, seed + 1).map((visit) => {
    const encoded = encodeRequest(tripWishes, table, rows, visit, NOW_MS);
    const sent = new Set<number>();
    while (sent.size < SENT) sent.add(Math.floor(random() * ITEMS));
    return codesOf(encoded, [...sent]);
  });
}

export const candidateCodes = (codes: Candidates, candidate: number): Uint8Array =>
  codes.subarray(candidate * FEATURES, (candidate + 1) * FEATURES);

export interface ShownOne {
  readonly candidate: number;
  readonly propensity: number;
  readonly units: number;
}

/** The one item that a scorer shows. */
export function showOne(
  scorer: Scorer,
  codes: Candidates,
  seed: number,
  exploration: ExplorationSpec = scorer.exploration,
): ShownOne {
  const units = Array.from({ length: SENT }, (_, i) => finalUnits(scorer, codes, i * FEATURES));
  const order = [...units.keys()].toSorted((a, b) => units[b] - units[a]);
  const points = order.map((candidate) => toPoints(units[candidate]));
  const [{ index, propensity }] = drawSlate(points, 1, exploration, seededRandom(seed));
  return { candidate: order[index], propensity, units: units[order[index]] };
}

/** What a scorer earns per request, where it explores as given. */
export function valueOfOne(
  scorer: Scorer,
  taste: HiddenTaste,
  requests: readonly Candidates[],
  exploration: ExplorationSpec = scorer.exploration,
): number {
  const earned = requests.map((codes, i) => {
    const { candidate } = showOne(scorer, codes, i, exploration);
    return taste.expected(candidateCodes(codes, candidate), 1)[0];
  });
  return earned.reduce((sum, value) => sum + value, 0) / earned.length;
}

/** What was shown and clicked, as the log has it. */
export function serveOne(
  scorer: Scorer,
  taste: HiddenTaste,
  codes: Candidates,
  number: number,
  seed: number,
): LoggedSlate {
  const { candidate, propensity, units } = showOne(scorer, codes, seed);
  const shown = candidateCodes(codes, candidate).slice();
  return {
    rankingId: `r${number}`,
    at: NOW_MS + number,
    sessionId: `s${number}`,
    userId: null,
    placement: 'main',
    consent: 'measure',
    arm: null,
    weights: scorer.version,
    draw: { ...scorer.exploration, isDrafted: false },
    itemIds: [`candidate-${candidate}`],
    units: Int32Array.of(units),
    propensities: Float64Array.of(propensity),
    codes: shown,
    tallies: [taste.clicks(shown, 1)[0] === 1 ? { click: 1 } : undefined],
  };
}
