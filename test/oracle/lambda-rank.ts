/** One slate's pulls, and how much was added up for each row: what bounds the rounding of sums in f32. */
export interface Pulls {
  readonly gradient: number[];
  readonly hessian: number[];
  /** Σ |pull| of each row's pairs, normalised. */
  readonly size: number[];
  readonly ndcg: number;
}

export interface Pair {
  readonly better: number;
  readonly worse: number;
  /** |ΔNDCG| if the two changed places, softened where asked for. */
  readonly delta: number;
}

/**
 * Pairs of LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010, section 7) as LightGBM takes them:
 * one of the two in the best `truncation` slots; with `normalise`, delta divided by `0.01 + |sᵢ − sⱼ|` unless all
 * scores are equal. Equal scores keep the rows' order.
 */
export function pairsOf(
  scores: readonly number[],
  gains: readonly number[],
  truncation: number,
  normalise: boolean,
) {
  const order = scores.map((_, i) => i).toSorted((a, b) => scores[b] - scores[a] || a - b);
  const slot = order.map(() => 0);
  order.forEach((item, at) => (slot[item] = at));
  const discount = (at: number) => 1 / Math.log2(at + 2);
  const dcg = (items: readonly number[]) =>
    items.slice(0, truncation).reduce((sum, item, at) => sum + gains[item] * discount(at), 0);
  const ideal = dcg(scores.map((_, i) => i).toSorted((a, b) => gains[b] - gains[a]));
  const pairs: Pair[] = [];
  if (ideal === 0) return { pairs, ndcg: 1 };
  const softens = normalise && Math.max(...scores) !== Math.min(...scores);
  for (let better = 0; better < scores.length; better++)
    for (let worse = 0; worse < scores.length; worse++) {
      if (gains[better] <= gains[worse]) continue;
      if (Math.min(slot[better], slot[worse]) >= truncation) continue;
      const swap =
        (gains[better] - gains[worse]) * Math.abs(discount(slot[better]) - discount(slot[worse]));
      const apart = Math.abs(scores[better] - scores[worse]);
      pairs.push({ better, worse, delta: swap / ideal / (softens ? 0.01 + apart : 1) });
    }
  return { pairs, ndcg: dcg(order) / ideal };
}

/** Pulls `σ(sⱼ − sᵢ) δ`, curvatures `σ (1 − σ) δ`; with `normalise`, all scaled by `log2(1 + Σ) / Σ`, Σ twice the pulls. */
export function lambdaRankOracle(
  scores: readonly number[],
  gains: readonly number[],
  { truncation, normalise }: { truncation: number; normalise: boolean },
): Pulls {
  const { pairs, ndcg } = pairsOf(scores, gains, truncation, normalise);
  const zeros = () => scores.map(() => 0);
  const [gradient, hessian, size] = [zeros(), zeros(), zeros()];
  let sum = 0;
  for (const { better, worse, delta } of pairs) {
    const p = 1 / (1 + Math.exp(scores[better] - scores[worse]));
    gradient[better] -= p * delta;
    gradient[worse] += p * delta;
    for (const item of [better, worse]) {
      hessian[item] += p * (1 - p) * delta;
      size[item] += p * delta;
    }
    sum += 2 * p * delta;
  }
  const norm = normalise && sum > 0 ? Math.log2(1 + sum) / sum : 1;
  const scaled = (values: number[]) => values.map((value) => value * norm);
  return { gradient: scaled(gradient), hessian: scaled(hessian), size: scaled(size), ndcg };
}
