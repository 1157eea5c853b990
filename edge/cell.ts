/** The edge region that a request came in by: what one LiveWeights object serves. */
export function cellOf({ cf }: Request): string {
  return cf !== undefined && 'continent' in cf && typeof cf.continent === 'string'
    ? cf.continent
    : 'local';
}
