import { existsSync } from 'node:fs';
import Libsql from 'libsql';
import { messageOf } from '../../shared/text/message-of.ts';
import { readEnvironment, type Env, type Environment } from '../config/environment.ts';
import { openObjectStore } from '../log/partitions/open-object-store.ts';
import { edgeKv } from '../models/edge-kv.ts';
import { localPathOf } from '../store/local-path.ts';
import { copiesBefore } from '../store/upgrade/copies-before.ts';
import { MIGRATIONS, readMigrations } from '../store/upgrade/migrations.ts';
import {
  readApplied,
  refuseNewer,
  upgradeState,
  type Rows,
} from '../store/upgrade/upgrade-state.ts';
import { checkDisk } from './check-disk.ts';
import { checkEdge, EDGE_REMEDY } from './check-edge.ts';
import { checkKv } from './check-kv.ts';
import { checkObjectStore } from './check-object-store.ts';
import { checkVersions } from './check-versions.ts';
import { looked, ok, problem, type Check } from './check.ts';

/** What can be checked without a backend: by the environment and the files of this machine. Nothing of the database is written. */
export async function examineFiles(env: Env, nowMs: () => number): Promise<Check[]> {
  let environment: Environment;
  try {
    environment = readEnvironment(env);
  } catch (error) {
    return [
      problem('keys', messageOf(error), 'SECURITY.md#rotating says what each is'),
      ...checkVersions(),
    ];
  }
  const path = localPathOf(environment.database.url);
  const all = await Promise.all([
    Promise.resolve([ok('keys', 'all are there and long enough')]),
    looked('edge', EDGE_REMEDY, () => checkEdge(environment, nowMs)),
    checkKv(
      edgeKv({
        edgeUrl: environment.edgeUrl,
        secretKey: environment.secretKeys[0],
        retryPausesMs: [],
      }),
    ),
    path === undefined ? Promise.resolve([]) : checkFile(path),
    checkObjectStore(openObjectStore(environment.trainingStore)),
    path === undefined ? Promise.resolve([]) : checkDisk(path),
  ]);
  return [...all.flat(), ...checkVersions()];
}

function checkFile(path: string): Promise<Check[]> {
  const remedy = `restore it from a backup (docs/operating.md#backups)`;
  return looked('database: whole', remedy, async () => {
    if (!existsSync(path))
      return problem('database: whole', `there is no ${path}`, 'set TRIMTAB_DIR, or start once');
    const db = new Libsql(path, { timeout: 5000 });
    try {
      db.exec('PRAGMA query_only = ON');
      const found = db.prepare('PRAGMA quick_check(3)').raw().all() as string[][];
      const wrong = found.map(([text]) => text).filter((text) => text !== 'ok');
      if (wrong.length > 0) return problem('database: whole', wrong.join('; '), remedy);
      const upgrade = await looked('database: upgrade', 'start the newer version', async () => {
        const applied = await readApplied(async (sql) => db.prepare(sql).all() as Rows);
        const state = upgradeState(readMigrations(MIGRATIONS), applied);
        refuseNewer(state);
        const lacks = state.missing.map(({ tag }) => tag).join(', ');
        const copies = copiesBefore(path).length;
        return ok(
          'database: upgrade',
          `${lacks === '' ? 'nothing to apply' : `the next start applies ${lacks}`}; copies from before: ${copies}`,
        );
      });
      return [ok('database: whole', `every page of ${path} was read`), ...upgrade];
    } finally {
      db.close();
    }
  });
}
