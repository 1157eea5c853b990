import { seededRandom } from '../../../shared/explore/random.ts';
import { hiddenTaste, type HiddenTaste } from '../../world/hidden-taste.ts';
import { candidateCodes, requestsOfOne, SENT, type Candidates } from '../../world/one-of-many.ts';

/** Requests with 30 candidates each, of which so many are shown, to visitors whose taste turns half way. */
export interface Stream {
  readonly seed: number;
  readonly slots: number;
  readonly requests: readonly Candidates[];
  tasteAt(ranking: number): HiddenTaste;
}

export function turningStream(rankings: number, slots: number, seed: number): Stream {
  const [before, after] = [hiddenTaste(2 * seed), hiddenTaste(2 * seed + 1)];
  return {
    seed,
    slots,
    requests: requestsOfOne(rankings, seed),
    tasteAt: (ranking) => (ranking < rankings / 2 ? before : after),
  };
}

/**
 * What so many first rankings of a stream are, with the taste that it has there: half way is where it was.
 * @param rankings at most those of the stream.
 */
export const startOf = (stream: Stream, rankings: number): Stream => ({
  ...stream,
  requests: stream.requests.slice(0, rankings),
});

/**
 * Who clicks, 0 or 1 per slot: by chance numbers of the ranking and the slot alone, so that two policies that show the same
 * get the same clicks.
 */
export function clicksOf(stream: Stream, ranking: number, shown: Uint8Array): Uint8Array {
  const random = seededRandom(stream.seed * 1_000_003 + ranking);
  return Uint8Array.from(stream.tasteAt(ranking).expected(shown, stream.slots), (rate) =>
    random() < rate ? 1 : 0,
  );
}

/** Clicks that are to be expected of a slate. */
export const worthOf = (stream: Stream, ranking: number, shown: Uint8Array): number =>
  stream
    .tasteAt(ranking)
    .expected(shown, stream.slots)
    .reduce((sum, rate) => sum + rate, 0);

/** Of the best slate: the candidates by their own worth, best first, as visitors look at upper slots more often. */
export function bestWorth(stream: Stream, ranking: number): number {
  const taste = stream.tasteAt(ranking);
  const codes = stream.requests[ranking];
  const alone = Array.from(
    { length: SENT },
    (_, i) => taste.expected(candidateCodes(codes, i), 1)[0],
  );
  return alone
    .toSorted((a, b) => b - a)
    .slice(0, stream.slots)
    .reduce((sum, rate, slot) => sum + rate / Math.sqrt(slot + 1), 0);
}
