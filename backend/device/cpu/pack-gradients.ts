import { blocksOf, BLOCK_ROWS } from './loaded-codes.ts';
import type { KernelPool } from './pool.ts';
import type { LossTotals } from './row-losses.ts';

/** Gradient and hessian that a packed 1 stands for. */
export interface GradientUnits {
  readonly gradient: number;
  readonly hessian: number;
}

/** Whole steps per side that a packed value has. */
const GRADIENT_STEPS = 2 ** 15 - 2;
const HESSIAN_STEPS = 2 ** 16 - 2;
/** The dither of tree t starts at the fraction of t times this: no two trees round alike. */
const SILVER = Math.SQRT2 - 1;

/** @returns undefined where nothing pulls any more. */
export const gradientUnits = ({
  mostGradient,
  mostHessian,
}: LossTotals): GradientUnits | undefined =>
  mostGradient > 0 && mostHessian > 0
    ? { gradient: mostGradient / GRADIENT_STEPS, hessian: mostHessian / HESSIAN_STEPS }
    : undefined;

/**
 * Rounds what `RowLoss.evaluate(MODE.both)` left to packed whole numbers, in place.
 * @param copies address of how often each row counts, u8 per row; 0: once.
 */
export function packGradients(
  pool: KernelPool,
  values: number,
  rows: number,
  { gradient, hessian }: GradientUnits,
  tree: number,
  copies = 0,
): void {
  pool.run('pack', blocksOf(rows), [
    values,
    rows,
    BLOCK_ROWS,
    1 / gradient,
    1 / hessian,
    (tree * SILVER) % 1,
    copies,
  ]);
}
