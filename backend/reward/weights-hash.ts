import { createHash } from 'node:crypto';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
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
