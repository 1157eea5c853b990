import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replayDecisions } from '../../backend/rollouts/replay-decisions.ts';
import { SHARE, type Stage } from '../../backend/rollouts/steps.ts';
import { openStore } from '../../backend/store/open.ts';
import { leases } from '../../backend/store/tables.ts';
import { parsePointer } from '../../shared/domain/pointer.ts';
import { startBackendProcess, type BackendProcess } from '../support/backend-process.ts';
import { freePort } from '../support/free-port.ts';
import { sized } from '../support/size.ts';
import { AT_ONCE } from '../support/system.ts';
import { eventually, INGEST_SECRET, SECRET_KEY } from '../backend/support/backend.ts';
import { atEveryStage, FREE, STAGES } from '../backend/rollouts/support/stages.ts';
import { startKvServer, type KvServer } from '../backend/support/kv-server.ts';

/** Where the backend is killed. */
const CUT_AT = sized<readonly Stage[]>({
  small: ['canary 25'],
  full: ['canary 1', 'canary 5', 'canary 25', 'canary 50'],
});

let directory: string;
let kv: KvServer;
let backend: BackendProcess;
let start: () => Promise<BackendProcess>;
let call: (method: string, path: string, body?: unknown) => Promise<any>;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-kill-'));
  kv = await startKvServer(SECRET_KEY);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  start = () =>
    startBackendProcess(
      url,
      {
        TRIMTAB_DIR: directory,
        TRIMTAB_BACKEND_PORT: String(port),
        TRIMTAB_EDGE_URL: kv.url,
        TRIMTAB_SECRET_KEYS: SECRET_KEY,
        TRIMTAB_INGEST_SECRET: INGEST_SECRET,
      },
      {
        ...AT_ONCE,
        training: { schedule: '' },
        rollout: {
          schedule: '* * * * * *',
          steps: atEveryStage(FREE),
        },
      },
    );
  call = async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${SECRET_KEY}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return response.json();
  };
  backend = await start();
});
afterAll(async () => {
  await backend?.kill9();
  await kv?.close();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** What the dead one held runs out by itself; that wait is left out here. */
async function expireLeases() {
  const store = await openStore({ url: pathToFileURL(join(directory, 'trimtab.db')).href });
  await store.write([store.db.update(leases).set({ expiresAt: 0 })]);
  await store.close();
}

const shownShare = () =>
  parsePointer(kv.text('WEIGHTS/active')!)?.layers?.[0]?.experiments[0]?.arms[0]?.weight ?? 0;

test(
  `kill -9 between a decision and the pointer, at ${CUT_AT.join(', ')}: the pointer follows, and no step is taken twice or left out`,
  { timeout: 900_000 },
  async () => {
    await eventually(() => kv.text('WEIGHTS/active'));
    const { version } = await call('POST', '/v1/weights', { name: 'better', points: {} });
    const { id } = await call('POST', '/v1/rollouts', { version, force: true });
    const stageNow = async (): Promise<Stage> => (await call('GET', `/v1/rollouts/${id}`)).stage;
    let cutShort = 0;
    for (const stage of CUT_AT) {
      // Where the pointer cannot move, no further step is taken: only the last one before is left to come.
      const before = STAGES[STAGES.indexOf(stage) - 1];
      await eventually(() => shownShare() >= SHARE[before]);
      kv.failing = /^PUT WEIGHTS\/active$/;
      await eventually(async () => SHARE[await stageNow()] >= SHARE[stage]);
      const reached = await stageNow();
      await backend.kill9();
      if (shownShare() < SHARE[reached]) cutShort++;
      kv.failing = undefined;
      await expireLeases();
      backend = await start();
      await eventually(
        () =>
          shownShare() >= SHARE[reached] ||
          parsePointer(kv.text('WEIGHTS/active')!)?.champion === version,
      );
    }
    await eventually(async () => (await stageNow()) === 'champion');
    await eventually(() => parsePointer(kv.text('WEIGHTS/active')!)?.champion === version);
    expect(cutShort).toBeGreaterThanOrEqual(CUT_AT.length / 2);

    const { decisions } = await call('GET', `/v1/rollouts/${id}?all=true`);
    expect(replayDecisions(decisions)).toEqual(decisions);
    const steps = decisions.filter(({ from, next }: any) => from.stage !== next.stage);
    expect(steps.map(({ next }: any) => next.stage)).toEqual([...STAGES, 'champion']);
    const { entries } = await call('GET', '/v1/audit?limit=200');
    expect(entries.map(({ action }: any) => action)).not.toContain('pointer moved by hand');
  },
);
