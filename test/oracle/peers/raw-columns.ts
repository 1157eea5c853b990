import type { ForeignModel } from '../../../backend/interchange/foreign-model.ts';
import { nearlyModels, type NearlyModel } from './nearly-models.ts';

/** The columns and facts of the request that the models on raw columns of test/fixtures/models are trained on, in their order. */
export const RAW = ['price', 'country', 'device', 'hour', 'rating', 'party'] as const;

/** What numbers of a column stand for, from 0 on. Of each, the last one is none that the schema's feature lists. */
export const RAW_TEXTS = {
  country: ['de', 'es', 'fr', 'gr', 'hr', 'it', 'pt', 'us'],
  device: ['desktop', 'phone', 'tablet'],
} as const;

/** Edges of the schema's features at which bins may end. */
export const RAW_EDGES = {
  price: [50.5, 100, 200.25, 400, 800],
  rating: [0.5, 1, 2.5],
  party: [1, 2, 4],
} as const;

/** Models that are off by one edge, hour or category from one whose thresholds lie on edges. */
export function nearlyRawModels(model: ForeignModel): NearlyModel[] {
  const edgesOf = (feature: number): readonly number[] | undefined =>
    (RAW_EDGES as Partial<Record<string, readonly number[]>>)[RAW[feature]];
  const valuesOf = (feature: number): readonly number[] => {
    const edges = edgesOf(feature);
    if (edges !== undefined) return [Number.NaN, ...edges, edges.at(-1)! + 1];
    const name = RAW[feature];
    if (name === 'hour') return Array.from({ length: 24 }, (_, hour) => hour);
    const texts: readonly string[] = RAW_TEXTS[name as keyof typeof RAW_TEXTS];
    return [Number.NaN, ...texts.keys()];
  };
  return nearlyModels(model, valuesOf, ({ feature, threshold }) => {
    const edges = edgesOf(feature);
    if (edges === undefined) return [threshold - 1, threshold + 1];
    const at = edges.indexOf(threshold);
    return [edges[at - 1], edges[at + 1]].filter((edge) => edge !== undefined);
  });
}
