import { createHash } from 'node:crypto';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import type { metricWeights } from '../store/tables.ts';

export type MetricWeights = typeof metricWeights.$inferSelect;

/** SHA-256 over a row without its own hash. As `previousHash` is part of it, each hash covers all rows before. */
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
