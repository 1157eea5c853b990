import { expect, it, onTestFinished } from 'vitest';
import { closeInterrupted } from '../../../../backend/runs/shell/close-interrupted.ts';
import { LEASE_MS, leaseOf, presenceOf } from '../../../../backend/scheduler/lease.ts';
import { openStore } from '../../../../backend/store/open.ts';
import { runs } from '../../../../backend/store/tables.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const NOW_MS = 1_800_000_000_000;

it('closes the runs of backends that are gone, and never its own, however late it is with its presence', async () => {
  const store = await openStore({ url: `file:${temporaryFolder()}/runs.db` });
  onTestFinished(() => store.close());
  const here = leaseOf(store, {
    name: presenceOf('here'),
    holder: 'here',
    ttlMs: LEASE_MS,
    nowMs: () => NOW_MS,
  });
  await here.renew();
  const run = (backend: string) => ({
    id: backend,
    status: 'running' as const,
    params: { backend },
    progress: {},
    startedAt: NOW_MS,
  });
  await store.write([store.db.insert(runs).values([run('here'), run('gone')])]);
  await closeInterrupted(store, 'here', NOW_MS + 2 * LEASE_MS);
  const found = await store.db.select({ id: runs.id, status: runs.status }).from(runs);
  expect(Object.fromEntries(found.map(({ id, status }) => [id, status]))).toEqual({
    here: 'running',
    gone: 'failed',
  });
});
