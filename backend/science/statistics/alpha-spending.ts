/**
 * The part of an error rate that look `k` (1, 2, …) may spend where a question is asked again and again and nobody knows how
 * often: `alpha · (1 / log₂(k + 1) − 1 / log₂(k + 2))`. The parts of all looks add up to `alpha`, so that by Bonferroni's
 * inequality one of them errs with a probability of at most `alpha`, however looks depend on each other and whatever is made of
 * those before (alpha-spending: Tian & Ramdas, Online control of the familywise error rate, Statistical Methods in Medical
 * Research 2021). They fall about as 1 / (k · ln² k), the slowest simple series that has a sum: late looks are left the most.
 * @throws where `look` is no whole number from 1.
 */
export function alphaOfLook(look: number, alpha: number): number {
  if (!Number.isInteger(look) || look < 1)
    throw new Error(`looks are numbered from 1, and ${look} is none`);
  return alpha * (1 / Math.log2(look + 1) - 1 / Math.log2(look + 2));
}
