/**
 * Weights are fixed-point numbers: a unit is 2⁻¹⁶ point. Sums of units are exact and do not depend on the order of
 * addition, so tables can be merged and items can be scored in any order, and edge and training agree bit for bit.
 */
export const UNITS_PER_POINT = 65_536;
export const toUnits = (points: number): number => Math.round(points * UNITS_PER_POINT);
export const toPoints = (units: number): number => units / UNITS_PER_POINT;
