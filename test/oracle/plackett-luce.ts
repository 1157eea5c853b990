/**
 * The draw by its definition, slot by slot: `p(i | left) = (1 − ε) · exp(sᵢ/T) / Σⱼ exp(sⱼ/T) + ε / |left|`,
 * and with T = 0 the first factor is 1 for the best left and 0 for the others.
 * @param points best first.
 * @param left indexes into `points`, best first.
 */
export function slotProbability(
  points: readonly number[],
  left: readonly number[],
  index: number,
  { temperature, epsilon }: { temperature: number; epsilon: number },
): number {
  const floor = epsilon / left.length;
  if (temperature === 0) return (index === left[0] ? 1 - epsilon : 0) + floor;
  const odds = (i: number) => Math.exp((points[i] - points[left[0]]) / temperature);
  const total = left.reduce((sum, i) => sum + odds(i), 0);
  return (1 - epsilon) * (odds(index) / total) + floor;
}
