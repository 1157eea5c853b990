/** How an additive scorer descends: on all rows at once, or by Adam on a few slates at a time. */
export const FIT_METHODS = ['full-batch', 'mini-batch'] as const;
export type FitMethod = (typeof FIT_METHODS)[number];
