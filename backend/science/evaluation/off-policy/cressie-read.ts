import { studentQuantile } from '../../statistics/distributions.ts';

/** Independent rows or sessions: the importance weight, whose expectation is 1, and what it adds to the estimate. */
export interface WeightedOutcomes {
  readonly weights: ArrayLike<number>;
  readonly outcomes: ArrayLike<number>;
}

/** What one more row or session could have been. */
export interface Outcome {
  readonly weight: number;
  readonly outcome: number;
}

/** `n` and sums over the points. */
interface Sums {
  readonly n: number;
  readonly w: number;
  readonly ww: number;
  readonly y: number;
  readonly yy: number;
  readonly wy: number;
}

/**
 * Empirical-likelihood interval of a mean outcome, with the power divergence λ = −2 of Cressie & Read (1984), as in
 * Karampatziakis, Langford & Mineiro, "Empirical likelihood for contextual bandits" (NeurIPS 2020). It holds the values
 * `Σ qᵢ yᵢ` of all weightings q of the points that are near the uniform one, `Σ (N qᵢ − 1)²` at most the smallest possible plus
 * the quantile of F(1, n), and under which the importance weights have their known mean, `Σ qᵢ wᵢ = 1`.
 *
 * One point is added that was not seen, the worst for the bound: so the interval reaches beyond the sample where rewards
 * are too rare to have shown what they can be, and never collapses. Each bound has a closed form, the regression of y on
 * w: `ȳ + (1 − w̄) s_wy/s_ww ∓ √(rest · (s_yy − s_wy²/s_ww) / N)`.
 * @param unseen points of which each bound takes the worst; at least one weight above 1 and one below.
 */
export function cressieReadInterval(
  points: WeightedOutcomes,
  unseen: readonly Outcome[],
  alpha = 0.05,
): { low: number; high: number } {
  const seen = sumsOf(points);
  const radius = smallestDivergence(seen, unseen) + studentQuantile(alpha / 2, seen.n) ** 2;
  const ends = unseen.flatMap((point) => endsWith(withPoint(seen, point), radius));
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Both ends for one unseen point; none where no weighting so near to the uniform one has the known mean weight. */
function endsWith({ n, w, ww, y, yy, wy }: Sums, radius: number): number[] {
  const [meanW, meanY] = [w / n, y / n];
  const spreadW = ww / n - meanW * meanW;
  const slope = spreadW > 0 ? (wy / n - meanW * meanY) / spreadW : 0;
  const spreadY = yy / n - meanY * meanY - slope * slope * spreadW;
  const rest = radius - divergence({ n, w, ww, y, yy, wy });
  if (!(rest >= 0)) return [];
  const centre = meanY + (1 - meanW) * slope;
  const half = Math.sqrt((Math.max(0, spreadY) * rest) / n);
  return [centre - half, centre + half];
}

/** The least `Σ (N qᵢ − 1)²` under which the mean weight is 1. */
function divergence({ n, w, ww }: Sums): number {
  const mean = w / n;
  return mean === 1 ? 0 : (n * (1 - mean) ** 2) / (ww / n - mean * mean);
}

const smallestDivergence = (seen: Sums, unseen: readonly Outcome[]): number =>
  Math.min(...unseen.map((point) => divergence(withPoint(seen, point))));

function sumsOf({ weights, outcomes }: WeightedOutcomes): Sums {
  let [w, ww, y, yy, wy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < weights.length; i++) {
    w += weights[i];
    ww += weights[i] * weights[i];
    y += outcomes[i];
    yy += outcomes[i] * outcomes[i];
    wy += weights[i] * outcomes[i];
  }
  return { n: weights.length, w, ww, y, yy, wy };
}

const withPoint = ({ n, w, ww, y, yy, wy }: Sums, { weight, outcome }: Outcome): Sums => ({
  n: n + 1,
  w: w + weight,
  ww: ww + weight * weight,
  y: y + outcome,
  yy: yy + outcome * outcome,
  wy: wy + weight * outcome,
});
