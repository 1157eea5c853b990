import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parseManifest, sha256Of } from '../../../backend/backup/manifest.ts';
import { restoreBackup } from '../../../backend/backup/restore-backup.ts';
import { totalsOf } from '../../../backend/backup/totals.ts';
import { writeBackup } from '../../../backend/backup/write-backup.ts';
import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { ensureKeys } from '../../../backend/config/keys.ts';
import { stateDir } from '../../../backend/config/state-dir.ts';
import { folderStore } from '../../../backend/log/partitions/folder-store.ts';
import { s3Store } from '../../../backend/log/partitions/s3-store.ts';
import { localPathOf } from '../../../backend/store/local-path.ts';
import { startS3Server } from '../../support/s3-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runCli } from '../cli/support/cli.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';
import { batchOf, send } from '../support/batches.ts';

async function running(changes: Parameters<typeof startTestBackend>[0] = {}): Promise<TestBackend> {
  const backend = await startTestBackend(changes);
  onTestFinished(() => backend.close());
  return backend;
}

const settingsOf = (folder: string) => ({ TRIMTAB_DIR: folder });

/** A partition of one file, as a training run leaves them. */
async function addPartition(store: ReturnType<typeof folderStore>): Promise<void> {
  const key = '0123456789abcdef/day=2026-01-01/part-1.parquet';
  const bytes = new TextEncoder().encode('PAR1 of a day');
  await store.put(key, bytes);
  await store.put('0123456789abcdef/day=2026-01-01/part-old.parquet', bytes);
  const manifest = {
    format: 1,
    parts: [{ key, rows: 1, sizeBytes: bytes.length, sha256: sha256Of(bytes) }],
  };
  await store.put(
    '0123456789abcdef/day=2026-01-01/manifest.json',
    new TextEncoder().encode(JSON.stringify(manifest)),
  );
}

test('a backup that was made during ingest becomes a system with the same totals, which publishes and rolls back', async () => {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  mkdirSync(state);
  const keys = ensureKeys(stateDir(state));
  const backend = await running({
    database: { url: pathToFileURL(join(state, 'trimtab.db')).href },
    trainingStore: { kind: 'folder', path: join(state, 'training-data') },
  });
  await backend.call('PUT', '/v1/items', demoCatalogue(30, 1, Date.UTC(2026, 5, 1)));
  await backend.call('POST', '/v1/weights/v000000/rollback');
  await backend.call('POST', '/v1/weights/release');
  await addPartition(folderStore({ kind: 'folder', path: join(state, 'training-data') }));

  let sent = 0;
  const over = new AbortController();
  const sending = (async () => {
    while (!over.signal.aborted) {
      const { status } = await send(backend, batchOf(`b${sent}`, 20));
      expect(status).toBe(200);
      sent++;
    }
  })();
  await eventually(() => sent >= 3);
  const before = sent;
  const place = join(folder, 'backup');
  const passphrase = { TRIMTAB_BACKUP_PASSPHRASE: 'a sentence that nobody guesses' };
  const made = await runCli(['backup', place, '--with-keys', '--json'], {
    ...settingsOf(state),
    ...passphrase,
  });
  over.abort();
  await sending;
  expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  const manifest = JSON.parse(made.stdout);
  // One instant of it: whole batches, what was acknowledged before is in, and nothing is half there.
  expect(manifest.totals.rankings % 20).toBe(0);
  expect(manifest.totals.events).toBe(manifest.totals.rankings);
  expect(manifest.totals.rankings).toBeGreaterThanOrEqual(before * 20);
  expect(manifest.totals.rankings).toBeLessThanOrEqual(sent * 20);
  expect(manifest.totals).toMatchObject({
    metricWeightsIntact: true,
    versions: 1,
    items: 30,
  });
  expect(manifest.totals.auditEntries).toBeGreaterThanOrEqual(3);
  expect(manifest.partitions).toHaveLength(2);
  expect(parseManifest(readFileSync(join(place, 'manifest.json'), 'utf8'))).toEqual(manifest);
  // No key is in it in clear, and nothing of the copy is left.
  expect(readFileSync(join(place, 'keys')).includes(keys.secretKey)).toBe(false);
  expect(readdirSync(state).filter((name) => name.includes('.part'))).toEqual([]);

  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'a journal of somebody else'), 'stays');
  const wrong = await runCli(['restore', place], {
    ...settingsOf(other),
    TRIMTAB_BACKUP_PASSPHRASE: 'another',
  });
  expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/cannot be opened/) });
  expect(existsSync(join(other, 'trimtab.db'))).toBe(false);
  const done = await runCli(['restore', place, '--json'], { ...settingsOf(other), ...passphrase });
  expect(done).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(done.stdout).totals).toEqual(manifest.totals);
  expect(readFileSync(join(other, 'a journal of somebody else'), 'utf8')).toBe('stays');
  expect(JSON.parse(readFileSync(join(other, 'keys.json'), 'utf8'))).toEqual(keys);
  for (const name of ['trimtab.db', 'keys.json'])
    expect(statSync(join(other, name)).mode & 0o777).toBe(0o600);
  const training = folderStore({ kind: 'folder', path: join(other, 'training-data') });
  // What no manifest names is no part of a partition.
  expect(await training.list('')).toEqual([
    '0123456789abcdef/day=2026-01-01/manifest.json',
    '0123456789abcdef/day=2026-01-01/part-1.parquet',
  ]);

  // A second time it is no new place.
  const again = await runCli(['restore', place], { ...settingsOf(other), ...passphrase });
  expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/is there already/) });

  // With an empty KV beside it.
  const restored = await running({
    database: { url: pathToFileURL(join(other, 'trimtab.db')).href },
    trainingStore: { kind: 'folder', path: join(other, 'training-data') },
  });
  const { body: status } = await restored.call('GET', '/v1/status');
  expect(status.counts).toMatchObject({
    decisions: manifest.totals.rankings,
    events: manifest.totals.events,
    items: manifest.totals.items,
    weights: manifest.totals.versions,
  });
  expect(status.weights.version).toBe('v000000');
  expect(restored.kv.values.has('WEIGHTS/active')).toBe(true);
  expect(restored.kv.values.has('WEIGHTS/w/v000000')).toBe(true);
  const { body: rolledBack } = await restored.call('POST', '/v1/weights/v000000/rollback');
  expect(rolledBack.weights).toMatchObject({ version: 'v000000', hold: true });
  // What came before stays as it was, and goes on.
  expect((await send(restored, batchOf('b0', 20))).body).toMatchObject({ duplicate: true });
});

/** A small database, and a backup of it in a folder. */
async function smallBackup() {
  const backend = await running();
  await send(backend, batchOf('one', 5));
  const path = localPathOf(backend.config.database.url)!;
  const source = temporaryFolder();
  const partitions = folderStore({ kind: 'folder', path: source });
  await addPartition(partitions);
  const place = join(temporaryFolder(), 'backup');
  const from = folderStore({ kind: 'folder', path: place });
  const manifest = await writeBackup({ path, partitions, version: '0' }, from, () => 7);
  return { path, place, from, partitions, manifest };
}

test('a backup with any damage is refused, and nothing of it is left', async () => {
  const { place, from, manifest } = await smallBackup();
  const files = [
    'manifest.json',
    ...[...manifest.database, ...manifest.partitions].map(({ key }) => key),
  ];
  expect(files).toHaveLength(4);
  const target = temporaryFolder();
  const restore = () =>
    restoreBackup(from, {
      path: join(target, 'trimtab.db'),
      partitions: folderStore({ kind: 'folder', path: join(target, 'partitions') }),
      writeKeys: () => expect.unreachable(),
      passphrase: undefined,
    });
  for (const name of files) {
    const file = join(place, name);
    const whole = readFileSync(file);
    const changed = Buffer.from(whole);
    changed[Math.floor(whole.length / 2)] ^= 1;
    for (const bytes of [changed, whole.subarray(0, -1)]) {
      writeFileSync(file, bytes);
      await expect(restore()).rejects.toThrow(/damaged|cannot be read/);
    }
    writeFileSync(file, whole);
    await from.delete(name);
    await expect(restore()).rejects.toThrow(/is gone|no backup/);
    writeFileSync(file, whole);
  }
  expect(readdirSync(target)).toEqual([]);
  expect((await restore()).totals).toEqual(manifest.totals);
});

test('a journal of erasures may be in the new place already, and stays there', async () => {
  const { from, manifest } = await smallBackup();
  const target = temporaryFolder();
  const partitions = folderStore({ kind: 'folder', path: join(target, 'partitions') });
  const key = 'erasures/001767225600000-00000000-0000-4000-8000-000000000000.json';
  await partitions.put(key, new TextEncoder().encode('{}'));
  const place = {
    path: join(target, 'trimtab.db'),
    partitions,
    writeKeys: () => expect.unreachable(),
    passphrase: undefined,
  };
  expect((await restoreBackup(from, place)).totals).toEqual(manifest.totals);
  expect(await partitions.list('erasures/')).toEqual([key]);
  await partitions.put('of another partition', new Uint8Array(1));
  await expect(restoreBackup(from, { ...place, path: join(target, 'other.db') })).rejects.toThrow(
    /is there already|has .* already/,
  );
});

test('a manifest that tells of other totals than the database has is refused', async () => {
  const { from, manifest } = await smallBackup();
  const { manifestText } = await import('../../../backend/backup/manifest.ts');
  const text = manifestText({ ...manifest, totals: { ...manifest.totals, events: 6 } });
  await from.put('manifest.json', new TextEncoder().encode(text));
  const target = temporaryFolder();
  await expect(
    restoreBackup(from, {
      path: join(target, 'trimtab.db'),
      partitions: folderStore({ kind: 'folder', path: join(target, 'partitions') }),
      writeKeys: () => expect.unreachable(),
      passphrase: undefined,
    }),
  ).rejects.toThrow(/events 6 and 5/);
  expect(readdirSync(target)).toEqual([]);
});

test('a backup goes to a bucket and comes back from there', async () => {
  const { path, partitions } = await smallBackup();
  const access = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret/of+the=tests' };
  const server = await startS3Server(access, 'backups');
  onTestFinished(() => server.close());
  const bucket = s3Store({
    kind: 's3',
    endpoint: server.url,
    bucket: 'backups',
    prefix: 'of/today/',
    region: 'eu-west-1',
    ...access,
  });
  const manifest = await writeBackup({ path, partitions, version: '0' }, bucket, Date.now);
  await expect(writeBackup({ path, partitions, version: '0' }, bucket, Date.now)).rejects.toThrow(
    /is not empty/,
  );
  const target = join(temporaryFolder(), 'trimtab.db');
  await restoreBackup(bucket, {
    path: target,
    partitions: folderStore({ kind: 'folder', path: temporaryFolder() }),
    writeKeys: () => expect.unreachable(),
    passphrase: undefined,
  });
  expect(await totalsOf(target)).toEqual(manifest.totals);
  expect(manifest.totals).toMatchObject({ rankings: 5, events: 5 });
});

test('keys go into a backup in clear only with a loud warning', async () => {
  const { path } = await smallBackup();
  const folder = temporaryFolder();
  const keys = ensureKeys(stateDir(folder));
  const settings = { ...settingsOf(folder), LIBSQL_URL: pathToFileURL(path).href };
  const place = join(folder, 'backup');
  const made = await runCli(['backup', place, '--with-keys'], settings);
  expect(made).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/NOT sealed/) });
  expect(made.stdout).toMatch(/NOT SEALED/);
  expect(readFileSync(join(place, 'keys'), 'utf8')).toContain(keys.secretKey);
  const without = await runCli(['backup', join(folder, 'other')], settings);
  expect(without.stdout).toMatch(/keys +not in it/);
  expect(existsSync(join(folder, 'other', 'keys'))).toBe(false);
});
