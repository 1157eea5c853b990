/** Boundaries that are tried: the slates in so many parts of equal length. */
const PARTS = 64;
/** How much more likely the rewards must be by two rates than by one, as a logarithm: the best of all places reaches it once in a hundred logs without a fall. */
const LEAST_EVIDENCE = 10;

/**
 * Where visitors began to reward less: the boundary between two neighbouring parts of the log, of any length, at which a fall of
 * the rate of rewarded slates is the likeliest (the generalised likelihood ratio of a change point, with a Bernoulli
 * variable per slate: Basseville & Nikiforov, Detection of Abrupt Changes, 1993). Rates also rise, as champions get better, so
 * that a fall is not looked for in the log as a whole. It need not be a turn of tastes: that is for a comparison to say.
 * @param rewarded the numbers of the slates with a reward, ascending. @param of how many slates there are.
 * @returns the first slate after the fall; undefined where there is none.
 */
export function fallOfRewards(rewarded: readonly number[], of: number): number | undefined {
  const parts = Math.min(PARTS, of);
  const edges = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * of) / parts));
  const earlier = new Uint32Array(parts + 1);
  let next = 0;
  edges.forEach((edge, i) => {
    while (next < rewarded.length && rewarded[next] < edge) next++;
    earlier[i] = next;
  });
  let [fall, most]: [number | undefined, number] = [undefined, LEAST_EVIDENCE];
  for (let middle = 1; middle < parts; middle++)
    for (let from = 0; from < middle; from++)
      for (let to = middle + 1; to <= parts; to++) {
        const before = { n: edges[middle] - edges[from], won: earlier[middle] - earlier[from] };
        const after = { n: edges[to] - edges[middle], won: earlier[to] - earlier[middle] };
        if (after.won * before.n >= before.won * after.n) continue;
        const both = { n: before.n + after.n, won: before.won + after.won };
        const evidence = likelihood(before) + likelihood(after) - likelihood(both);
        if (evidence > most) [fall, most] = [edges[middle], evidence];
      }
  return fall;
}

/** The logarithm of the likelihood at the likeliest rate. */
const likelihood = ({ n, won }: { readonly n: number; readonly won: number }): number =>
  won === 0 || won === n ? 0 : won * Math.log(won / n) + (n - won) * Math.log(1 - won / n);
