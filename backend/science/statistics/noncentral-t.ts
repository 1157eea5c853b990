import { incompleteBeta, normalCdf } from './distributions.ts';

/**
 * P(T ≤ t) of the noncentral Student's t by Lenth's series (1989, Algorithm AS 243), t ≥ 0, |δ| ≤ 37:
 * `Φ(−δ) + ½ Σⱼ [pⱼ I_x(j + ½, ν/2) + qⱼ I_x(j + 1, ν/2)]`, x = t²/(ν + t²).
 */
export function noncentralStudentCdf(t: number, df: number, delta: number): number {
  if (!(t >= 0 && Math.abs(delta) <= 37)) {
    throw new Error(`noncentral t needs t ≥ 0 and |δ| ≤ 37, not t = ${t} and δ = ${delta}`);
  }
  const [x, y] = [(t * t) / (df + t * t), df / (df + t * t)];
  const half = (delta * delta) / 2;
  let p = Math.exp(-half);
  let q = delta * Math.SQRT2 * p * INVERSE_ROOT_PI;
  let sum = 0;
  for (let j = 0; j < 5000; j++) {
    const term =
      p * incompleteBeta(x, j + 0.5, df / 2, y) + q * incompleteBeta(x, j + 1, df / 2, y);
    sum += term;
    if (j > half && Math.abs(term) < 1e-15) break;
    p *= half / (j + 1);
    q *= half / (j + 1.5);
  }
  return Math.min(1, Math.max(0, normalCdf(-delta) + sum / 2));
}

/** q₀ = δ e^(−δ²/2) / (√2 Γ(3/2)), Γ(3/2) = √π/2. */
const INVERSE_ROOT_PI = 1 / Math.sqrt(Math.PI);
