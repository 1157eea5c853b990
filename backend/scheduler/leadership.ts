import type { Lease } from './lease.ts';

/** The two leases of a backend: that it is alive, and that it is the one that does what only one may do. */
export interface Leadership {
  /** Makes both last longer. */
  renew(): Promise<void>;
  /** Whether this backend is the leader now; it becomes it where nobody is. */
  isLeader(): Promise<boolean>;
  release(): Promise<void>;
}

export function leadershipOf(leases: {
  readonly leader: Lease;
  /** Tells other backends that this one is alive. */
  readonly presence: Lease;
  readonly leaseMs: number;
  /** Whether it is one that does what only one may do; default true. */
  readonly mayLead?: boolean;
}): Leadership {
  const { leader, presence, leaseMs, mayLead = true } = leases;
  /** Renewed long before it expires, and not every time: each renewal is a write. */
  const hold = async (lease: Lease) => lease.isHeld(leaseMs / 2) || (await lease.renew());
  return {
    async renew() {
      await hold(presence);
      if (mayLead) await hold(leader);
    },
    isLeader: async () => mayLead && (await hold(leader)),
    async release() {
      await leader.release();
      await presence.release();
    },
  };
}
