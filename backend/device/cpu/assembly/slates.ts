import { address, number } from './control';
import { put } from './gradient';
import { exp } from './math';

// @ts-ignore: decorator
@inline
function exp1(x: f64): f64 {
  return f64x2.extract_lane(exp(f64x2.splat(x)), 0);
}

/**
 * Softmax cross-entropy over each slate, `R = Σ reward`: gradient `R p − reward`, hessian `R p (1 − p)`; and the log loss
 * of whether there is a reward at all, by the weight c of the outside option (`science/learn/loss.ts`).
 * Arguments: 0 scores, 1 rewards f32, 2 starts u32, 3 slates, 4 slates per block, 5 values, 6 mode, 7 totals,
 * 8 weights of the outside option f32[slate], or 0: none.
 */
export function softmax(control: usize, task: u32, _thread: u32): void {
  const scores = address(control, 0);
  const rewards = address(control, 1);
  const starts = address(control, 2);
  const slates = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const values = address(control, 5);
  const mode = <i32>number(control, 6);
  const totals = address(control, 7) + <usize>task * 24;
  const outsides = address(control, 8);
  const to = min((task + 1) * perBlock, slates);
  let loss: f64 = 0;
  let mostG: f64 = 0;
  let mostH: f64 = 0;
  for (let slate = task * perBlock; slate < to; slate++) {
    const first = <usize>load<u32>(starts + ((<usize>slate) << 2));
    const end = <usize>load<u32>(starts + ((<usize>slate) << 2), 4);
    const outside: f64 = outsides == 0 ? 0 : <f64>load<f32>(outsides + ((<usize>slate) << 2));
    let earned: f64 = 0;
    let best: f64 = -Infinity;
    for (let row = first; row < end; row++) {
      earned += <f64>load<f32>(rewards + (row << 2));
      best = max(best, load<f64>(scores + (row << 3)));
    }
    if (earned == 0 && outside == 0) {
      for (let row = first; row < end; row++) put(values + (row << 3), mode, 0, 0);
      continue;
    }
    let sum: f64 = 0;
    for (let row = first; row < end; row++) sum += exp1(load<f64>(scores + (row << 3)) - best);
    const logSum = best + Math.log(sum);
    let pull: f64 = 0;
    let bend: f64 = 0;
    if (outside != 0) {
      const far = exp1(-abs(logSum));
      const inverse = 1 / (1 + far);
      const q = logSum < 0 ? far * inverse : inverse;
      const none = logSum < 0 ? inverse : far * inverse;
      pull = outside * (earned > 0 ? -none : q);
      bend = outside * q * none;
      loss += outside * (max(earned > 0 ? -logSum : logSum, 0) + Math.log1p(far));
    }
    for (let row = first; row < end; row++) {
      const s = load<f64>(scores + (row << 3));
      const reward = <f64>load<f32>(rewards + (row << 2));
      const p = exp1(s - logSum);
      const g = earned * p - reward + pull * p;
      const h = (earned + pull) * p * (1 - p) + bend * p * p;
      loss += reward * (logSum - s);
      mostG = max(mostG, abs(g));
      mostH = max(mostH, h);
      put(values + (row << 3), mode, g, h);
    }
  }
  store<f64>(totals, loss);
  store<f64>(totals, mostG, 8);
  store<f64>(totals, mostH, 16);
}

/** Row numbers of a slate by score, best first; ties keep their order. Merge-free: slates are short. */
function sortByScore(order: usize, scores: usize, first: usize, n: usize): void {
  // Shell's sort on (score, row): the row breaks ties, so that the order does not depend on the method.
  for (let i: usize = 0; i < n; i++) store<u32>(order + (i << 2), <u32>(first + i));
  let gap = n >> 1;
  while (gap > 0) {
    for (let i = gap; i < n; i++) {
      const row = load<u32>(order + (i << 2));
      const s = load<f64>(scores + ((<usize>row) << 3));
      let j = i;
      while (j >= gap) {
        const other = load<u32>(order + ((j - gap) << 2));
        const t = load<f64>(scores + ((<usize>other) << 3));
        if (t > s || (t == s && other < row)) break;
        store<u32>(order + (j << 2), other);
        j -= gap;
      }
      store<u32>(order + (j << 2), row);
    }
    gap = gap == 2 ? 1 : <usize>(<f64>gap / 2.2);
  }
}

/**
 * LambdaMART's gradient (Burges, "From RankNet to LambdaRank to LambdaMART", 2010): each pair (i better than j)
 * pulls by `σ(sⱼ − sᵢ) · |ΔNDCG|`, curvature `σ (1 − σ) · |ΔNDCG|`; pairs with one of the best `truncation` slots only.
 * As LightGBM does by default, |ΔNDCG| is divided by `0.01 + |sᵢ − sⱼ|` and a slate's pulls are scaled by
 * `log2(1 + Σ) / Σ`, which keeps long slates from drowning the others.
 * Arguments: 0 scores, 1 gains f32 (what an item is worth at slot 1), 2 starts u32, 3 slates, 4 slates per block,
 * 5 values (both, f32), 6 truncation, 7 totals (loss: Σ 1 − NDCG at the truncation), 8 scratch of each thread
 * (8 bytes × longest slate: order, then each row's place), 9 its size in bytes, 10 discounts `f64[longest slate]`,
 * 11 1 / ideal DCG at the truncation `f64[slate]`, 12 whether to normalise.
 */
export function lambdaRank(control: usize, task: u32, thread: u32): void {
  const scores = address(control, 0);
  const gains = address(control, 1);
  const starts = address(control, 2);
  const slates = <u32>number(control, 3);
  const perBlock = <u32>number(control, 4);
  const values = address(control, 5);
  const truncation = <usize>number(control, 6);
  const totals = address(control, 7) + <usize>task * 24;
  const order = address(control, 8) + <usize>thread * address(control, 9);
  const discounts = address(control, 10);
  const inverseIdeals = address(control, 11);
  const normalises = number(control, 12) != 0;
  const to = min((task + 1) * perBlock, slates);
  let loss: f64 = 0;
  let mostG: f64 = 0;
  let mostH: f64 = 0;
  for (let slate = task * perBlock; slate < to; slate++) {
    const first = <usize>load<u32>(starts + ((<usize>slate) << 2));
    const n = <usize>load<u32>(starts + ((<usize>slate) << 2), 4) - first;
    for (let i: usize = 0; i < n; i++) store<u64>(values + ((first + i) << 3), 0);
    const inverseIdeal = load<f64>(inverseIdeals + ((<usize>slate) << 3));
    if (inverseIdeal == 0) continue;
    sortByScore(order, scores, first, n);
    const bestScore = load<f64>(scores + ((<usize>load<u32>(order)) << 3));
    const worstScore = load<f64>(scores + ((<usize>load<u32>(order + ((n - 1) << 2))) << 3));
    const softens = normalises && bestScore != worstScore;
    let sum: f64 = 0;
    let dcg: f64 = 0;
    for (let i: usize = 0; i < min(n, truncation); i++) {
      const row = <usize>load<u32>(order + (i << 2));
      const gain = <f64>load<f32>(gains + (row << 2));
      const s = load<f64>(scores + (row << 3));
      const discount = load<f64>(discounts + (i << 3));
      dcg += gain * discount;
      for (let j = i + 1; j < n; j++) {
        const other = <usize>load<u32>(order + (j << 2));
        const otherGain = <f64>load<f32>(gains + (other << 2));
        if (gain == otherGain) continue;
        const otherDiscount: f64 = load<f64>(discounts + (j << 3));
        const t = load<f64>(scores + (other << 3));
        const difference = gain > otherGain ? s - t : t - s;
        let delta = abs(gain - otherGain) * (discount - otherDiscount) * inverseIdeal;
        if (softens) delta /= 0.01 + abs(difference);
        const p = 1 / (1 + exp1(difference));
        const pull = <f32>(p * delta);
        const curvature = <f32>(p * (1 - p) * delta);
        const better = values + ((gain > otherGain ? row : other) << 3);
        const worse = values + ((gain > otherGain ? other : row) << 3);
        store<f32>(better, load<f32>(better) - pull);
        store<f32>(better, load<f32>(better, 4) + curvature, 4);
        store<f32>(worse, load<f32>(worse) + pull);
        store<f32>(worse, load<f32>(worse, 4) + curvature, 4);
        sum += 2 * <f64>pull;
      }
    }
    loss += 1 - dcg * inverseIdeal;
    const norm: f64 = normalises && sum > 0 ? Math.log2(1 + sum) / sum : 1;
    for (let i: usize = 0; i < n; i++) {
      const cell = values + ((first + i) << 3);
      const g = <f32>(<f64>load<f32>(cell) * norm);
      const h = <f32>(<f64>load<f32>(cell, 4) * norm);
      store<f32>(cell, g);
      store<f32>(cell, h, 4);
      mostG = max(mostG, <f64>abs(g));
      mostH = max(mostH, <f64>h);
    }
  }
  store<f64>(totals, loss);
  store<f64>(totals, mostG, 8);
  store<f64>(totals, mostH, 16);
}
