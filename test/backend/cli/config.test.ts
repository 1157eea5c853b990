import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConfigInForce } from '../../../backend/config/in-force.ts';
import { launch, runCli } from './support/cli.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let directory: string;
let below: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-config-'));
  below = join(directory, 'deep/down');
  mkdirSync(below, { recursive: true });
  // Type annotations and a helper of its own: Node takes it as it is.
  writeFileSync(
    join(directory, 'trimtab.config.ts'),
    `import { defineConfig, type TrimtabConfig } from 'trimtab/config';
import { mode } from './mode.ts';

const rollout: TrimtabConfig['rollout'] = { mode, shadowShare: 0.2 };

export default defineConfig({ rollout, trainingData: { minimums: { mlp: { days: 2 } } } });
`,
  );
  writeFileSync(join(directory, 'mode.ts'), "export const mode = 'direct' as const;\n");
});
afterAll(() => rmSync(directory, { recursive: true }));

const SECRETS = {
  TRIMTAB_SECRET_KEYS: 'sk_hidden',
  TRIMTAB_ALERT_WEBHOOK: 'https://hooks.example/hidden',
  LIBSQL_URL: 'libsql://user:hidden@db.example/?authToken=hidden',
  LIBSQL_AUTH_TOKEN: 'hidden',
};

test('tells what is in force and where each value came from, from any folder, without secrets', async () => {
  const env = { TRIMTAB_HOST: '0.0.0.0', AWS_DEFAULT_REGION: 'eu-west-1', ...SECRETS };
  const { exitCode, stdout, stderr } = await runCli(['config', '--json'], env, '', below);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).not.toContain('hidden');
  const { file, settings }: ConfigInForce = JSON.parse(stdout);
  expect(file).toBe(join(directory, 'trimtab.config.ts'));
  const of = (name: string) => settings.find((setting) => setting.name === name);
  const inFile = { from: 'file', name: file };
  expect(of('rollout.mode')).toMatchObject({ value: 'direct', origin: inFile });
  expect(of('rollout.shadowShare')).toMatchObject({ value: 0.2, origin: inFile });
  expect(of("rollout.steps['canary 1'].minSessions")).toMatchObject({
    value: 200,
    origin: { from: 'default' },
  });
  expect(of('trainingData.minimums.mlp.days')).toMatchObject({ value: 2, origin: inFile });
  expect(of('metricWeights.target')).toMatchObject({ value: null, origin: { from: 'unset' } });
  expect(of('kvSettleMs')).toMatchObject({ value: 0, origin: { from: 'default' } });
  expect(of('TRIMTAB_HOST')).toMatchObject({
    value: '0.0.0.0',
    origin: { from: 'environment', name: 'TRIMTAB_HOST' },
  });
  expect(of('AWS_REGION')).toMatchObject({
    value: 'eu-west-1',
    origin: { from: 'environment', name: 'AWS_DEFAULT_REGION' },
  });
  expect(of('TRIMTAB_ALERT_WEBHOOK')?.value).toBe('(secret)');
  expect(of('LIBSQL_URL')?.value).toBe('libsql://(secret)@db.example/');
  expect(of('TRIMTAB_INGEST_SECRET')).toMatchObject({ value: null, origin: { from: 'unset' } });
});

test('tells it to people, and as npm start runs', async () => {
  const { stdout } = await runCli(['config', '--demo'], {}, '', below);
  expect(stdout).toMatch(/^Configuration file: .*\/trimtab\.config\.ts\n/);
  expect(stdout).toMatch(/^rollout\.mode +direct +\.\.\/\.\.\/trimtab\.config\.ts$/m);
  expect(stdout).toMatch(/^trainingData\.minimums\.additive\.days +1 +demo \(npm start\)$/m);
  expect(stdout).toMatch(/^trainingData\.filters\.maxRankingsPerMinute +null +demo/m);
  expect(stdout).toMatch(/^trainingData\.minimums\.mlp\.days +2 +\.\.\/\.\.\/trimtab/m);
  expect(stdout).toMatch(/^monitors\.stale\.rankingHours +12 +default$/m);
  expect(stdout).toMatch(/^LIBSQL_AUTH_TOKEN +– +–$/m);
});

test.each([
  [
    'export default { rollout: { mod: 1 } };',
    /rollout\.mod is no setting: did you mean rollout\.mode\?/,
  ],
  ['export const config = {};', /trimtab\.config\.ts: it has no default export/],
  ["import './nowhere.ts';", /trimtab\.config\.ts: .*nowhere\.ts/],
  ['export default {', /trimtab\.config\.ts: /],
])('`%s` is refused in one line', async (text, message) => {
  const { at, settings } = folderWith(text);
  const { exitCode, stderr } = await runCli(['config'], settings, '', at);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test.each(['start', 'serve'])('trimtab %s refuses it too', async (command) => {
  const { at, settings } = folderWith('export default { rollout: { mod: 1 } };');
  const { exitCode, stderr } = await launch([command], settings, '', at).ended;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^trimtab: .*trimtab\.config\.ts: rollout\.mod is no setting/m);
});

/** One of its own: Node reads a module once. */
function folderWith(text: string) {
  const at = mkdtempSync(join(directory, 'wrong-'));
  writeFileSync(join(at, 'trimtab.config.ts'), text);
  return { at, settings: { TRIMTAB_DIR: at } };
}

test('an editor checks it, where the project has Trimtab among its modules', async () => {
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(ROOT, join(directory, 'node_modules/trimtab'));
  writeFileSync(
    join(directory, 'checked.ts'),
    `import { defineConfig } from 'trimtab/config';
// @ts-expect-error: no such setting
defineConfig({ rolout: {} });
// @ts-expect-error: no such mode
defineConfig({ rollout: { mode: 'fast' } });
// @ts-expect-error: a number
defineConfig({ trainingData: { retentionDays: '30' } });
export default defineConfig({
  metricWeights: { target: { kind: 'sum', outcome: 'value', horizonDays: 90 } },
  trainingData: { filters: { maxRankingsPerMinute: null } },
});
`,
  );
  const options = '--noEmit --strict --module nodenext --target esnext --skipLibCheck'.split(' ');
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...options,
      '--allowImportingTsExtensions',
      '--typeRoots',
      join(ROOT, 'node_modules/@types'),
      '--types',
      'node',
      'trimtab.config.ts',
      'checked.ts',
    ],
    { cwd: directory, encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
