import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { codesOf, encodeRequest } from '../../shared/features/encode.ts';
import { tripWishes } from './trip-wishes.ts';
import { UNITS_PER_POINT } from '../../shared/score/fixed-point.ts';
import type { BucketRows } from '../../shared/score/bucket-rows.ts';
import { limitLoss } from '../../shared/score/limit-loss.ts';
import { drawRaises, RAISED_SHARE } from '../../shared/score/raise.ts';
import { drawFrom, rankable } from '../../shared/score/rank.ts';
import { finalUnits } from '../../shared/score/rerank.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { Scored } from '../../shared/score/top-k.ts';
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
  /** Absent where nothing was raised. */
  readonly raise?: number;
}

/** The one item that a scorer shows. */
export function showOne(
  scorer: Scorer,
  codes: Candidates,
  seed: number,
  exploration: ExplorationSpec = scorer.exploration,
): ShownOne {
  const pool = poolOfOne(scorer, codes, seed, exploration);
  const [{ index, propensity }] = drawFrom(pool, 1, exploration, seededRandom(seed));
  const { row: candidate, units } = pool.best[index];
  return {
    candidate,
    propensity,
    units,
    ...(pool.raises && { raise: pool.raises[index] }),
  };
}

/** All candidates, as `poolOf` orders those of a request; a row is a candidate's number. */
function poolOfOne(
  scorer: Scorer,
  codes: Candidates,
  seed: number,
  { optimism = 0, maxLoss = Infinity }: ExplorationSpec,
): { readonly best: readonly Scored[]; readonly raises?: readonly number[] } {
  const most = (maxLoss * UNITS_PER_POINT) / RAISED_SHARE;
  const raised =
    scorer.kind !== 'additive' || scorer.posterior === undefined || optimism === 0
      ? undefined
      : drawRaises(
          { ...scorer, posterior: scorer.posterior },
          {
            optimism,
            maxLoss: most,
            seed,
            slots: 1,
            rowsOf: (feature) => sentOf(codes, feature),
          },
        );
  const raise = Array.from({ length: SENT }, (_, i) =>
    (raised ?? []).reduce(
      (sum, { feature, units }) => sum + units[codes[i * FEATURES + feature]],
      0,
    ),
  );
  const units = raise.map((_, i) => finalUnits(scorer, codes, i * FEATURES));
  const order = [...units.keys()].toSorted(
    (a, b) => units[b] + raise[b] - units[a] - raise[a] || a - b,
  );
  const best = order.map((row) => ({ row, units: units[row] }));
  if (raised === undefined) return { best };
  const raises = order.map((row) => raise[row]);
  const limit = {
    slots: 1,
    alone: 0,
    maxLoss: scorer.exploration.raisedFeatures === undefined ? most : Infinity,
    isCut: false,
  };
  return limitLoss({ best, raises }, limit)!;
}

function sentOf(codes: Candidates, feature: number): BucketRows | undefined {
  const buckets = Uint8Array.from({ length: SENT }, (_, i) => codes[i * FEATURES + feature]);
  return buckets.every((own) => own === buckets[0]) ? undefined : { buckets };
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
  const { candidate, propensity, units, raise } = showOne(scorer, codes, seed);
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
    draw: { ...scorer.exploration, seed, isDrafted: false },
    itemIds: [`candidate-${candidate}`],
    units: Int32Array.of(units),
    ...(raise !== undefined && { raises: Int32Array.of(raise) }),
    propensities: Float64Array.of(propensity),
    codes: shown,
    tallies: [taste.clicks(shown, 1)[0] === 1 ? { click: 1 } : undefined],
  };
}
