import type { Answer } from '../../../../http/answers.ts';

/** A version as lists have it. */
export type Listed = Answer<'/v1/weights'>['weights'][number];
/** With its points, and those that it serves. */
export type Whole = Answer<'/v1/weights/:version'>;
/** Of one feature, over the versions of a schema. */
export type History = Answer<'/v1/weights/:version/features/:feature'>;

/** Half the width of a 95 % interval of a normal posterior, in standard deviations. */
export const Z95 = 1.96;
