/** How a metric's importance to a model is measured; apart from the code that does it, so that naming one loads none of it. */
export const IMPORTANCE_KINDS = ['gain', 'permutation', 'shap'] as const;
export type ImportanceKind = (typeof IMPORTANCE_KINDS)[number];
