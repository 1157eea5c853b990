import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readTrainingSet } from '../backend/support/read-training-set.ts';
import { readManifest } from '../../backend/log/partitions/partition.ts';
import { syncPartitions } from '../../backend/log/partitions/partitions.ts';
import { readPartitions } from '../../backend/log/training-set/read-partitions.ts';
import { dayOf } from '../../shared/domain/utc-day.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { sized } from '../support/size.ts';
import { SEED } from '../shared/support/seed.ts';
import { crowdedDays, DAY, happened, openLog } from '../backend/log/support/log.ts';

const KILLS = sized({ small: 2, full: 8 });
const LOOP = fileURLToPath(new URL('../backend/log/support/build-loop.ts', import.meta.url));

test(`kill -9 while a partition is built, ${KILLS} times: it is always whole (seed ${SEED})`, async () => {
  const now = Date.now();
  const log = await openLog(now);
  const { decisions, events } = crowdedDays(1, 1500, SEED);
  const start = Date.parse(`${dayOf(now)}T00:00:00Z`);
  const moved = decisions.map((decision, i) => ({ ...decision, at: start + i }));
  await log.add(moved, [
    ...events.map((event) => ({ ...event, receivedAt: start + DAY / 2 })),
    happened(moved[0], 'click'),
  ]);
  const window = { from: 0, to: now };
  const deps = log.deps();
  const reward = { click: 1, dwell_seconds: 1 };
  await log.update();
  const expected = await readTrainingSet(deps.db, smarttrip, window, reward, deps.accountRules);
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(
      process.execPath,
      ['--no-warnings', LOOP, log.database.url, log.folder, dayOf(now)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exited = once(child, 'exit');
    // At a different moment of a build each time; the first life builds one whole.
    const isBuilding = await Promise.race([
      once(child.stdout, 'data').then(() => true),
      exited.then(() => false),
    ]);
    expect(isBuilding, 'a build was done, and the next is under way').toBe(true);
    await new Promise((resolve) => setTimeout(resolve, (91 * kill) / (KILLS - 1)));
    child.kill('SIGKILL');
    await exited;
    const manifest = (await readManifest(deps.objects, smarttrip.hash, dayOf(now)))!;
    const found = await readPartitions(deps.objects, [manifest], smarttrip, window, reward);
    expect(found).toEqual(expected);
    expect((await deps.objects.list('')).filter((key) => key.includes('.tmp'))).toEqual([]);
  }
  // What the dead left is cleared by the next build that is not cut short: its parts, and those it replaced.
  await log.add([{ ...moved[0], rankingId: 'one-more' as never }]);
  await log.update();
  const [manifest] = await syncPartitions(deps, smarttrip, window);
  const parts = (await deps.objects.list('')).filter((key) => key.endsWith('.parquet'));
  const known = [...manifest.parts, ...manifest.replaced].map(({ key }) => key);
  expect(parts).toEqual(known.toSorted());
  await log.close();
});
