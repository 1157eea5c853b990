import { createHash } from 'node:crypto';
import type { metricWeights } from '../store/tables.ts';

export type MetricWeights = typeof metricWeights.$inferSelect;

/** SHA-256 over all of a row but its own hash: with `previousHash` in it, each row vouches for all before. */
export const hashOfWeights = (row: Omit<MetricWeights, 'hash'>): string =>
  createHash('sha256')
    .update(
      canonicalJson({
        id: row.id,
        schemaName: row.schemaName,
        weights: row.weights,
        author: row.author,
        reason: row.reason,
        createdAt: row.createdAt,
        expiresAt: row.expiresAt,
        source: row.source,
        method: row.method,
        experimentId: row.experimentId,
        details: row.details,
        previousHash: row.previousHash,
      }),
    )
    .digest('hex');

/** JSON with the keys of every object in order: equal values, equal bytes (as RFC 8785 sorts them). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`);
  return `{${entries.join(',')}}`;
}
