import type { IdentityKey } from '../../../shared/domain/identity.ts';
import { FormatError } from '../../../shared/format/bytes.ts';
import { ingestBatchFromBytes, type IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { parseStoredBatchKey, storedBatchFromBytes } from '../../../shared/format/stored-batch.ts';
import { rekeyBatch } from '../identity/rekey-batch.ts';

/**
 * The batch in an object, as one that an edge sends is read.
 * @returns also the fingerprint of the key of its ids. @throws Error saying why it is none of ours.
 */
export function readBatch(
  key: string,
  bytes: Uint8Array,
  ingestSecrets: readonly string[],
  identity: IdentityKey,
): { readonly batch: IngestBatch; readonly fingerprint: string } {
  const read = storedBatchFromBytes(key, bytes, ingestSecrets);
  const batch = ingestBatchFromBytes(read.batch, true);
  const { shard, first } = parseStoredBatchKey(key)!;
  if (!batch.batchId.startsWith(`${shard}-${first}-`))
    throw new FormatError(`${key} holds batch ${batch.batchId}`);
  return { batch: rekeyBatch(batch, identity), fingerprint: read.identity };
}
