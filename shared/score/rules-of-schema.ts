import { RULES_VERSION } from '../domain/ids.ts';
import type { Schema } from '../features/schema.ts';
import { unlearned } from './posterior.ts';
import { additiveFromPoints, type AdditiveScorer } from './scorer.ts';

/** The rules of a schema as a scorer of which nothing is learned. Its version is that of the first rules: who stores it gives it another. */
export const rulesOfSchema = (schema: Schema, name = 'rules'): AdditiveScorer =>
  additiveFromPoints(schema, schema.rules, {
    version: RULES_VERSION,
    name,
    posterior: unlearned(schema, schema.exploration),
  });
