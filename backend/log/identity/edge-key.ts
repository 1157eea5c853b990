import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { NewestFirst } from '../../../shared/domain/secrets.ts';

/** Whether edge and backend key the ids of visitors alike, as far as the batches that came in tell. */
export interface EdgeKey {
  /** @param fingerprint of the key by which the edge that sent a batch keys ids; undefined of edges from before they told. */
  seen(fingerprint: string | undefined): void;
  /** Why deletions and outcomes do not find the visitors of an edge; undefined where nothing is known to be wrong. */
  problem(): string | undefined;
}

/**
 * Without this, a key that was changed at one side only would be noticed by nobody: deletions would find nothing of a person,
 * and say so as if there had been nothing.
 */
export function edgeKey(keys: NewestFirst<IdentityKey>, log: (message: string) => void): EdgeKey {
  const known = new Set(keys.map(({ fingerprint }) => fingerprint));
  let problem: string | undefined;
  return {
    seen(fingerprint) {
      if (fingerprint === undefined) return;
      const before = problem;
      problem = known.has(fingerprint)
        ? undefined
        : 'the edge keys ids of sessions and users by a secret that the backend does not have, so deletions and outcomes do not find its visitors: give both the same IDENTITY_SECRET and TRIMTAB_IDENTITY_SECRET ("trimtab keys --identity-secret" prints what is in force here), or, where neither is set, the same last ingest secret';
      if (problem !== before)
        log(
          problem ?? 'the edge keys ids of sessions and users by a secret that is known here again',
        );
    },
    problem: () => problem,
  };
}
