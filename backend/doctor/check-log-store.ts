import { randomUUID } from 'node:crypto';
import type { Bucket } from '../log/stored-batches/bucket.ts';
import type { ObjectStore } from '../log/partitions/object-store.ts';
import { looked, ok, problem, warning, type Check } from './check.ts';

const NAME = 'bucket of the log';
const REMEDY = 'check TRIMTAB_LOG_STORE, the AWS_… variables, and what the key may do';

export interface LogStoreToCheck {
  readonly bucket: Bucket;
  /** The same bucket. */
  readonly objects: Pick<ObjectStore, 'isVersioned'>;
  readonly refused: () => Promise<readonly { readonly key: string; readonly problem: string }[]>;
}

/** Whether the bucket of the log keeps to conditions of writes, which leases and edges rely on, whether anything in it is refused, and whether what is deleted is gone. */
export const checkLogStore = ({ bucket, objects, refused }: LogStoreToCheck): Promise<Check[]> =>
  looked(NAME, REMEDY, async () => {
    const key = `log/doctor/${randomUUID()}`;
    const bytes = new TextEncoder().encode(key);
    let keepsConditions: boolean;
    try {
      const tag = await bucket.putIf(key, bytes, undefined);
      const again = await bucket.putIf(key, bytes, undefined);
      const other = await bucket.putIf(key, bytes, '"another tag"');
      const replaced = tag && (await bucket.putIf(key, bytes, tag));
      keepsConditions =
        again === undefined && other === undefined && replaced !== undefined && replaced !== '';
    } finally {
      await bucket.delete(key);
    }
    if (!keepsConditions)
      return problem(
        NAME,
        'it does not write as If-None-Match and If-Match say, so that leases hold nobody back, or nobody gets one',
        'use a store with conditional writes, such as R2, S3 or MinIO',
      );
    const bad = await refused();
    if (bad.length > 0)
      return problem(
        NAME,
        `${bad.length} of its batches are refused, the first ${bad[0].key}: ${bad[0].problem}`,
        'where the ingest secret was changed, put the old one behind the new one (SECURITY.md); else see who writes into the bucket, and delete what is none of yours',
      );
    if ((await objects.isVersioned?.()) === true)
      return warning(
        NAME,
        'the bucket keeps versions: what is deleted of people stays in them',
        'make it one without versions, or let a lifecycle rule delete those that are not current',
      );
    return ok(NAME, 'it keeps to conditions of writes, and no batch in it is refused');
  });
