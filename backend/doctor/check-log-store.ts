import { randomUUID } from 'node:crypto';
import type { Bucket } from '../log/stored-batches/bucket.ts';
import { looked, ok, problem, type Check } from './check.ts';

const NAME = 'bucket of the log';
const REMEDY = 'check TRIMTAB_LOG_STORE, the AWS_… variables, and what the key may do';

/** Whether the bucket of the log keeps to conditions of writes, which leases and edges rely on, and whether anything in it is refused. */
export const checkLogStore = (
  bucket: Bucket,
  refused: () => Promise<readonly { readonly key: string; readonly problem: string }[]>,
): Promise<Check[]> =>
  looked(NAME, REMEDY, async () => {
    const key = `log/doctor/${randomUUID()}`;
    const bytes = new TextEncoder().encode(key);
    let keepsConditions: boolean;
    try {
      const tag = await bucket.putIf(key, bytes, undefined);
      const again = await bucket.putIf(key, bytes, undefined);
      const other = await bucket.putIf(key, bytes, '"another tag"');
      keepsConditions = tag !== undefined && again === undefined && other === undefined;
    } finally {
      await bucket.delete(key);
    }
    if (!keepsConditions)
      return problem(
        NAME,
        'it writes over what is there although If-None-Match or If-Match forbids it, so that leases hold nobody back',
        'use a store with conditional writes, such as R2, S3 or MinIO',
      );
    const bad = await refused();
    if (bad.length > 0)
      return problem(
        NAME,
        `${bad.length} of its batches are refused, the first ${bad[0].key}: ${bad[0].problem}`,
        'where the ingest secret was changed, put the old one behind the new one (SECURITY.md); else see who writes into the bucket, and delete what is none of yours',
      );
    return ok(NAME, 'it keeps to conditions of writes, and no batch in it is refused');
  });
