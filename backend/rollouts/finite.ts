/** A number that is not finite is no evidence: JSON makes it null, which must give the same decision. */
export const above = (a: number, b: number) => Number.isFinite(a) && Number.isFinite(b) && a > b;
export const atLeast = (a: number, b: number) => Number.isFinite(a) && Number.isFinite(b) && a >= b;
