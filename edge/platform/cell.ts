/** The continents as Cloudflare names them, and where there is no Cloudflare. */
export const CELLS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA', 'local'] as const;

/** The cell (edge region) that a request arrived in: its continent. Each cell has its own LiveWeights objects. */
export function cellOf({ cf }: Request): string {
  return cf !== undefined && 'continent' in cf && typeof cf.continent === 'string'
    ? cf.continent
    : 'local';
}
