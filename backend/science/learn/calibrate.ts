import type { Calibration } from '../../../shared/score/scorer.ts';

/**
 * Points to log-odds: `P(y = 1) = σ(intercept + slope · points)` by Newton's method on the logistic loss
 * (Platt, 1999), with a tiny ridge on the slope, so that the fit stays finite where the data are perfectly separated.
 * @param points one per row; `reward` > 0 counts as y = 1.
 */
export function calibrate(points: Float64Array, reward: Float64Array): Calibration {
  // Points are centred, so that intercept and slope are all but uncorrelated and Newton's method converges fast.
  const mean = points.reduce((sum, value) => sum + value, 0) / Math.max(points.length, 1);
  let [a, b] = [0, 0];
  for (let iteration = 0; iteration < 50; iteration++) {
    let [ga, gb, haa, hab, hbb] = [0, 1e-9 * b, 1e-9, 0, 1e-9];
    for (let row = 0; row < points.length; row++) {
      const x = points[row] - mean;
      const p = 1 / (1 + Math.exp(-(a + b * x)));
      const residual = p - (reward[row] > 0 ? 1 : 0);
      const curvature = Math.max(p * (1 - p), 1e-12);
      ga += residual;
      gb += residual * x;
      haa += curvature;
      hab += curvature * x;
      hbb += curvature * x * x;
    }
    const determinant = haa * hbb - hab * hab;
    if (!(determinant > 0)) break;
    const da = (hbb * ga - hab * gb) / determinant;
    const db = (haa * gb - hab * ga) / determinant;
    // A step of at most 2 log-odds at the mean keeps Newton's method from diverging where the loss is flat.
    const damp = Math.min(1, 2 / Math.max(Math.abs(da), 1e-12));
    a -= damp * da;
    b -= damp * db;
    if (Math.abs(da) + Math.abs(db) < 1e-12) break;
  }
  return { intercept: a - b * mean, slope: b };
}
