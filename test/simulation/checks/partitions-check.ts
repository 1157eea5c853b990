import { distinctIn } from '../../../backend/log/partitions/part-file.ts';
import { identityKeys } from '../../../shared/domain/identity.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { SECRETS } from '../platform/edge.ts';
import type { World } from '../world.ts';

/** Partitions name nobody who was forgotten, once the leader had time to rewrite them. */
export async function checkPartitions({ simulation, ledger, bucket }: World): Promise<void> {
  const identity = identityKeys([SECRETS.identity])[0];
  const users = new Set<string>(
    [...ledger.deletedUsers.keys()].map((user) => identity.userId(user as GivenId)),
  );
  for (const [key, bytes] of bucket.objects) {
    if (!key.endsWith('.parquet')) continue;
    if (!(await distinctIn(bytes, 'userId')).isDisjointFrom(users))
      simulation.violate('what was forgotten stays forgotten', `${key} names a deleted user`);
  }
}
