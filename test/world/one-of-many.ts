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
import { drawFrom } from '../../shared/score/rank.ts';
import { rankable } from '../../shared/score/rankable.ts';
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
export const showOne = (
  scorer: Scorer,
  codes: Candidates,
  seed: number,
  exploration: ExplorationSpec = scorer.exploration,
): ShownOne => showSome(scorer, codes, { slots: 1, seed, exploration })[0];

/** The slate that a scorer shows of the candidates, from the first slot on. */
export function showSome(
  scorer: Scorer,
  codes: Candidates,
  {
    slots,
    seed,
    exploration = scorer.exploration,
  }: { readonly slots: number; readonly seed: number; readonly exploration?: ExplorationSpec },
): ShownOne[] {
  const pool = poolOfSent(scorer, codes, slots, seed, exploration);
  return drawFrom(pool, slots, exploration, seededRandom(seed)).map(({ index, propensity }) => ({
    candidate: pool.best[index].row,
    propensity,
    units: pool.best[index].units,
    ...(pool.raises && { raise: pool.raises[index] }),
  }));
}

/** All candidates, as `poolOf` orders those of a request; a row is a candidate's number. */
function poolOfSent(
  scorer: Scorer,
  codes: Candidates,
  slots: number,
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
    slots,
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
  const shown = [showOne(scorer, codes, seed)];
  const clicks = taste.clicks(codesOfShown(codes, shown), 1);
  return loggedOfSent(scorer, codes, shown, { number, seed, clicks });
}

/** `slots × F`. */
export function codesOfShown(codes: Candidates, shown: readonly ShownOne[]): Uint8Array {
  const out = new Uint8Array(shown.length * FEATURES);
  shown.forEach(({ candidate }, slot) => {
    out.set(candidateCodes(codes, candidate), slot * FEATURES);
  });
  return out;
}

/** @param clicks 0 or 1 per slot. @param number of the ranking, which is a session of its own and has its moment. */
export function loggedOfSent(
  scorer: Scorer,
  codes: Candidates,
  shown: readonly ShownOne[],
  {
    number,
    seed,
    clicks,
  }: { readonly number: number; readonly seed: number; readonly clicks: ArrayLike<number> },
): LoggedSlate {
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
    itemIds: shown.map(({ candidate }) => `candidate-${candidate}`),
    units: Int32Array.from(shown, ({ units }) => units),
    ...(shown[0].raise !== undefined && {
      raises: Int32Array.from(shown, ({ raise = 0 }) => raise),
    }),
    propensities: Float64Array.from(shown, ({ propensity }) => propensity),
    codes: codesOfShown(codes, shown),
    tallies: Array.from(clicks, (click) => (click === 1 ? { click: 1 } : undefined)),
  };
}
