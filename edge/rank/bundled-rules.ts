import { smarttrip } from '../../shared/features/smarttrip.ts';
import { rulesOfSchema } from '../../shared/score/rules-of-schema.ts';
import type { AdditiveScorer } from '../../shared/score/scorer.ts';
import type { CachedWeights } from './cached-weights.ts';
import { earlierDefaults } from './earlier-defaults.ts';
import type { LoadedSnapshot } from './snapshot-cache.ts';

/** The rule weights `v000000`, part of the Worker's code: the last resort when no published weights can be read. */
export const bundledRules = rulesOfSchema(smarttrip);

/** By the hash of their schema. Those of earlier default schemas are made once one of them is needed. */
const bundled = new Map<string, AdditiveScorer>([[bundledRules.schema.hash, bundledRules]]);

/** @returns undefined where the schema is no default one of any release: what its filters exclude is not known then. */
export function bundledRulesOf(schemaHash: string): AdditiveScorer | undefined {
  if (!bundled.has(schemaHash) && bundled.size === 1)
    for (const schema of earlierDefaults()) bundled.set(schema.hash, rulesOfSchema(schema));
  return bundled.get(schemaHash);
}

/** The bundled rules as they are under the schema of the catalogue; other weights as they are. */
export function fittingRules(
  weights: CachedWeights,
  snapshot: Pick<LoadedSnapshot, 'schemaHash'> | undefined,
): CachedWeights {
  if (weights.scorer !== bundledRules || snapshot === undefined) return weights;
  const scorer = bundledRulesOf(snapshot.schemaHash) ?? bundledRules;
  return scorer === bundledRules ? weights : { ...weights, scorer };
}
