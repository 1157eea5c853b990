import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decisionsFromBytes, decisionsToBytes } from '../../shared/format/decision-bytes.ts';
import { ingestBatchFromBytes, ingestBatchToBytes } from '../../shared/format/ingest-bytes.ts';
import { learnedFromBytes, learnedToBytes } from '../../shared/format/learned-bytes.ts';
import { patchFromBytes, patchToBytes } from '../../shared/format/patch-bytes.ts';
import {
  RelatedShard,
  relatedIndexFromBytes,
  relatedIndexToBytes,
  relatedShardToBytes,
} from '../../shared/format/related-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../shared/format/scorer-bytes.ts';
import { storedBatchFromBytes, storedBatchToBytes } from '../../shared/format/stored-batch.ts';
import { listed, snapshotToBytesOfFormat1 } from '../support/snapshots.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../shared/format/snapshot-bytes.ts';
import {
  apprenticeDecisions,
  batch,
  crossedForest,
  decisions,
  experimentDecisions,
  filteredDecisions,
  ruledDecisions,
  relatedDecisions,
  relatedIndex,
  relatedShard,
  forest,
  learned,
  learnedDecisions,
  mlp,
  patch,
  placedBatch,
  placedDecisions,
  raisedDecisions,
  revisedBatch,
  revisedDecisions,
  sourcedDecisions,
  scorer,
  snapshot,
  storedAt,
  trade,
  withCrosses,
  withPosterior,
} from './artifacts.ts';

/** `WRITE_GOLDEN=1 npx vitest run test/golden` writes a file that is new; one that exists is never written over. */
function golden(name: string, bytes: Uint8Array): Uint8Array {
  const path = join(import.meta.dirname, `${name}.bin`);
  if (process.env.WRITE_GOLDEN !== undefined && !existsSync(path)) writeFileSync(path, bytes);
  return new Uint8Array(readFileSync(path));
}

describe.each([
  {
    name: 'scorer-1',
    bytes: scorerToBytes(scorer),
    decode: scorerFromBytes,
    value: scorer,
  },
  {
    name: 'scorer-1-posterior',
    bytes: scorerToBytes(withPosterior),
    decode: scorerFromBytes,
    value: withPosterior,
  },
  {
    name: 'scorer-3-crosses',
    bytes: scorerToBytes(withCrosses),
    decode: scorerFromBytes,
    value: withCrosses,
  },
  {
    name: 'scorer-3-forest',
    bytes: scorerToBytes(crossedForest),
    decode: scorerFromBytes,
    value: crossedForest,
  },
  {
    name: 'scorer-2-forest',
    bytes: scorerToBytes(forest),
    decode: scorerFromBytes,
    value: forest,
  },
  {
    name: 'scorer-2-mlp',
    bytes: scorerToBytes(mlp),
    decode: scorerFromBytes,
    value: mlp,
  },
  {
    name: 'snapshot-1',
    bytes: snapshotToBytesOfFormat1(snapshot.schema, snapshot.table),
    decode: snapshotFromBytes,
    value: { schemaHash: snapshot.schema.hash, table: snapshot.table },
  },
  {
    name: 'snapshot-2',
    bytes: snapshotToBytes(snapshot.schema, snapshot.table),
    decode: (bytes: Uint8Array) => listed(snapshotFromBytes(bytes)),
    value: { schemaHash: snapshot.schema.hash, table: snapshot.table },
  },
  {
    name: 'snapshot-3',
    bytes: snapshotToBytes(snapshot.schema, snapshot.table, trade),
    decode: (bytes: Uint8Array) => {
      const read = snapshotFromBytes(bytes);
      return { ...listed(read), trade: read.trade };
    },
    value: { schemaHash: snapshot.schema.hash, table: snapshot.table, trade },
  },
  {
    name: 'patch-1',
    bytes: patchToBytes(snapshot.schema, patch),
    decode: (bytes: Uint8Array) => {
      const { edit, ...others } = patchFromBytes(bytes);
      const { table } = listed({ schemaHash: '', table: edit.put });
      return { ...others, edit: { ...edit, put: table } };
    },
    value: { schemaHash: snapshot.schema.hash, ...patch },
  },
  {
    name: 'decisions-1',
    bytes: decisionsToBytes(decisions),
    decode: decisionsFromBytes,
    value: decisions,
  },
  {
    name: 'decisions-2',
    bytes: decisionsToBytes(experimentDecisions),
    decode: decisionsFromBytes,
    value: experimentDecisions,
  },
  {
    name: 'decisions-3',
    bytes: decisionsToBytes(placedDecisions),
    decode: decisionsFromBytes,
    value: placedDecisions,
  },
  {
    name: 'decisions-3-sourced',
    bytes: decisionsToBytes(sourcedDecisions),
    decode: decisionsFromBytes,
    value: sourcedDecisions,
  },
  {
    name: 'decisions-4',
    bytes: decisionsToBytes(revisedDecisions),
    decode: decisionsFromBytes,
    value: revisedDecisions,
  },
  {
    name: 'decisions-5',
    bytes: decisionsToBytes(raisedDecisions),
    decode: decisionsFromBytes,
    value: raisedDecisions,
  },
  {
    name: 'decisions-6-learned',
    bytes: decisionsToBytes(learnedDecisions),
    decode: decisionsFromBytes,
    value: learnedDecisions,
  },
  {
    name: 'learned-1',
    bytes: learnedToBytes(learned),
    decode: learnedFromBytes,
    value: learned,
  },
  {
    name: 'decisions-6-apprentice',
    bytes: decisionsToBytes(apprenticeDecisions),
    decode: decisionsFromBytes,
    value: apprenticeDecisions,
  },
  {
    name: 'decisions-7',
    bytes: decisionsToBytes(filteredDecisions),
    decode: decisionsFromBytes,
    value: filteredDecisions,
  },
  {
    name: 'decisions-8',
    bytes: decisionsToBytes(ruledDecisions),
    decode: decisionsFromBytes,
    value: ruledDecisions,
  },
  {
    name: 'decisions-9',
    bytes: decisionsToBytes(relatedDecisions),
    decode: decisionsFromBytes,
    value: relatedDecisions,
  },
  {
    name: 'related-index-1',
    bytes: relatedIndexToBytes(relatedIndex),
    decode: relatedIndexFromBytes,
    value: relatedIndex,
  },
  {
    name: 'related-shard-1',
    bytes: relatedShardToBytes(relatedShard),
    decode: (bytes: Uint8Array) => new RelatedShard(bytes).entries(),
    value: relatedShard,
  },
  {
    name: 'ingest-1-revised',
    bytes: ingestBatchToBytes(revisedBatch),
    decode: ingestBatchFromBytes,
    value: revisedBatch,
  },
  {
    name: 'ingest-1-placed',
    bytes: ingestBatchToBytes(placedBatch),
    decode: ingestBatchFromBytes,
    value: placedBatch,
  },
  {
    name: 'ingest-2',
    bytes: ingestBatchToBytes({ ...placedBatch, lost: 70_000 }),
    decode: ingestBatchFromBytes,
    value: { ...placedBatch, lost: 70_000 },
  },
  {
    name: 'ingest-1',
    bytes: ingestBatchToBytes(batch),
    decode: ingestBatchFromBytes,
    value: batch,
  },
  {
    name: 'stored-batch-1',
    bytes: storedBatchToBytes(
      storedAt.key,
      ingestBatchToBytes(placedBatch),
      storedAt.identity,
      storedAt.secret,
    ),
    decode: (bytes: Uint8Array) => {
      const read = storedBatchFromBytes(storedAt.key, bytes, [storedAt.secret]);
      return { ...read, batch: ingestBatchFromBytes(read.batch) };
    },
    value: { batch: placedBatch, identity: storedAt.identity },
  },
])('$name.bin', ({ name, bytes, decode, value }) => {
  it('is what this build writes', () => {
    expect(Buffer.from(bytes).equals(golden(name, bytes))).toBe(true);
  });

  it('is read as the values it was written from', () => {
    expect(decode(golden(name, bytes))).toEqual(value);
  });
});
