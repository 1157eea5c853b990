import { setTimeout as sleep } from 'node:timers/promises';
import type { IdentityKey, NewestFirst } from '../../../shared/domain/identity.ts';
import type { Lease } from '../../scheduler/lease.ts';
import type { Store } from '../../store/open.ts';
import { rekeyLog } from './rekey-log.ts';

const RENEW_MS = 10_000;
const RETRY_MS = 200;

/** Keys the ids of a log from before there were keyed ids, while no other backend does. */
export async function rekeyLogAlone(
  store: Store,
  [newest]: NewestFirst<IdentityKey>,
  lease: Lease,
  nowMs: () => number,
  log: (message: string) => void,
): Promise<void> {
  while (!(await lease.renew())) await sleep(RETRY_MS);
  const renewal = setInterval(() => void lease.renew().catch(() => undefined), RENEW_MS);
  try {
    await rekeyLog(store, newest, nowMs(), log);
  } finally {
    clearInterval(renewal);
    await lease.release();
  }
}
