import { expect, it, onTestFinished } from 'vitest';
import { closeInterrupted } from '../../../../backend/runs/shell/close-interrupted.ts';
import { LEASE_MS, leaseOf, presenceOf } from '../../../../backend/scheduler/lease.ts';
import { openStore, type Store } from '../../../../backend/store/open.ts';
import { runs } from '../../../../backend/store/tables.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const NOW_MS = 1_800_000_000_000;

const run = (backend: string) => ({
  id: backend,
  status: 'running' as const,
  params: { backend },
  progress: {},
  startedAt: NOW_MS,
});

async function opened() {
  const store = await openStore({ url: `file:${temporaryFolder()}/runs.db` });
  onTestFinished(() => store.close());
  const presence = (backend: string, nowMs: number) =>
    leaseOf(store, {
      name: presenceOf(backend),
      holder: backend,
      ttlMs: LEASE_MS,
      nowMs: () => nowMs,
    });
  const statuses = async () => {
    const found = await store.db.select({ id: runs.id, status: runs.status }).from(runs);
    return Object.fromEntries(found.map(({ id, status }) => [id, status]));
  };
  return { store, presence, statuses };
}

it('closes the runs of backends that are gone, and never its own, however late it is with its presence', async () => {
  const { store, presence, statuses } = await opened();
  await presence('here', NOW_MS).renew();
  await store.write([store.db.insert(runs).values([run('here'), run('gone')])]);
  await closeInterrupted(store, 'here', () => NOW_MS + 2 * LEASE_MS);
  expect(await statuses()).toEqual({ here: 'running', gone: 'failed' });
});

it('closes no run of a backend that shows that it is alive while the closing is stopped', async () => {
  const { store, presence, statuses } = await opened();
  await store.write([store.db.insert(runs).values([run('busy'), run('ahead')])]);
  await presence('busy', NOW_MS).renew();
  await presence('ahead', NOW_MS + 1000 * LEASE_MS).renew();
  const laterMs = NOW_MS + 3 * LEASE_MS;
  const stopped: Store = {
    ...store,
    write: async (statements) => {
      await presence('busy', laterMs).renew();
      return store.write(statements);
    },
  };
  await closeInterrupted(stopped, 'here', () => NOW_MS);
  expect(await statuses()).toEqual({ busy: 'running', ahead: 'failed' });
});
