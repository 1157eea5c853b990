import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRollout } from '../../../backend/rollouts/settings.ts';
import { ensureKeys } from '../../../backend/config/keys.ts';
import { stateDir } from '../../../backend/config/state-dir.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { happened } from '../log/support/log.ts';
import { send } from '../support/batches.ts';
import { decisionOf } from '../support/decisions.ts';
import { parseSessionId } from '../../../shared/domain/ids.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fileOf } from '../runs/metric-weights/files/support/csv-file.ts';
import { runCli } from './support/cli.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({ rollout: parseRollout({ schedule: '' }) });
  await backend.call('POST', '/v1/weights', { name: 'ours', points: {} });
});
afterAll(() => backend?.close());

const cli = (...args: string[]) =>
  runCli(args, { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });
const errorIn = (stderr: string) =>
  (JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: { code: string; message: string } })
    .error;

test('the version is that of the package', async () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  expect(await cli('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

/** Stands for a file that is there. */
const UNITS = 'units.csv';

describe('a file that is not there is wrong usage for every command', () => {
  test.each([
    ['import', 'nothing.csv'],
    ['schema', 'check', 'nothing.json'],
    ['schema', 'fit', 'nothing.csv'],
    ['schema', 'apply', 'nothing.json'],
    ['metric-weights', 'learn', 'nothing.csv', '--mapping', 'nothing.json'],
    ['metric-weights', 'backtest', 'nothing.csv', '--mapping', 'nothing.json'],
    ['experiments', 'create', '--name', 'one', '--file', 'nothing.json'],
    // Without a backend, too.
    ['import', 'nothing.csv', '--backend', 'http://127.0.0.1:1'],
    ['metric-weights', 'learn', UNITS, '--mapping', 'nothing.json'],
    ['metric-weights', 'backtest', UNITS, '--mapping', 'nothing.json'],
    ['replay', 'trivago', 'nothing.csv'],
  ])('%s %s', async (...args) => {
    const { exitCode, stderr, stdout } = await cli(
      ...args.map((arg) => (arg === UNITS ? fileOf('visits,bought\n1,1\n2,0\n') : arg)),
    );
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/nothing\.(csv|json)/);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

describe('with --json, an error is JSON', () => {
  test.each([
    [['weights', 'v000099', '--json'], 1, 'unknown_version'],
    [['weights', 'show', '--json'], 2, 'usage'],
    [['frobnicate', '--json'], 2, 'usage'],
    [['import', 'nothing.csv', '--json'], 2, 'no_file'],
    [['status', '--json', '--backend', 'http://127.0.0.1:1'], 1, 'failed'],
  ])('%j', async (args, exitCode, code) => {
    const ended = await cli(...args);
    expect(ended).toMatchObject({ exitCode, stdout: '' });
    const error = errorIn(ended.stderr);
    expect(error.code).toBe(code);
    expect(error.message).not.toBe('');
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  });
});

test('a key that is not known is said as JSON too', async () => {
  const ended = await runCli(['status', '--json'], {
    TRIMTAB_BACKEND: backend.url,
    TRIMTAB_KEY: 'sk_wrong',
  });
  expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
  expect(errorIn(ended.stderr).code).toBe('unauthorized');
});

describe('what is refused does not end well', () => {
  test('a rollout that ends with its first decision', async () => {
    const { exitCode: first } = await cli('rollouts', 'start', 'v000001', '--force');
    expect(first).toBe(0);
    expect((await cli('rollouts', 'withdraw', 'v000001')).exitCode).toBe(0);
    const again = await cli('rollouts', 'start', 'v000001', '--json');
    expect(again.exitCode, again.stdout).toBe(1);
    expect(errorIn(again.stderr).message).toMatch(/v000001|gate/);
  });

  test('a training on too little data, and the reason stands there once', async () => {
    const { exitCode, stdout, stderr } = await cli('train', '--wait');
    expect(exitCode, stdout).toBe(1);
    expect(stderr).toContain('the run failed: not enough data');
    expect(stdout).toContain('failed, started');
    expect(stdout).not.toContain('not enough data');
  });

  test('a training whose version does not go live though it should', async () => {
    const at = Date.now() - 60_000;
    // Their snapshot is unknown, so that the data fail their checks.
    const decisions = Array.from({ length: 200 }, (_, n) =>
      decisionOf(`t-${n}`, { at: at + n, sessionId: parseSessionId(`s-${n}`) }),
    );
    const events = decisions.map((one, n) => happened(one, 'click', { slot: n % 3 }));
    await send(backend, { batchId: 'training', decisions, events });
    const kept = await cli('train', '--wait', '--no-publish', '--json');
    expect(kept.exitCode, kept.stderr).toBe(0);
    const wanted = await cli('train', '--wait', '--json');
    expect(wanted.exitCode, wanted.stderr).toBe(1);
    expect(JSON.parse(wanted.stdout)).toMatchObject({ progress: { isGoingLive: false } });
    expect(errorIn(wanted.stderr)).toMatchObject({
      code: 'not_published',
      message: expect.stringContaining('is not going live: stored, not promoted'),
    });
    const told = await cli('train', '--wait');
    expect(told.stderr).toContain('is not going live: stored, not promoted');
    expect(told.stdout).not.toContain('stored, not promoted');
  });
});

describe('names and beginnings of ids', () => {
  test('a version by its name', async () => {
    const { stdout, exitCode } = await cli('weights', 'ours', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 'v000001', name: 'ours' });
    const unknown = await cli('promote', 'theirs');
    expect(unknown).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('must look like v000041, or be the name of a version'),
    });
  });

  test('a run by the beginning of its id', async () => {
    const { body } = await backend.call('GET', '/v1/runs');
    const [{ id }] = body.runs;
    const { stdout } = await cli('runs', id.slice(0, 12), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ id });
  });
});

test('the state of the folder above is found, as git finds its own', async () => {
  const folder = temporaryFolder();
  const { publishableKey } = ensureKeys(stateDir(join(folder, '.trimtab')));
  const below = join(folder, 'a', 'b');
  mkdirSync(below, { recursive: true });
  const { stdout, exitCode, stderr } = await runCli(['keys', '--json'], {}, undefined, below);
  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ publishableKey });
});

test('what metric weights leave out is said', async () => {
  const set = ['metric-weights', 'set', '--author', 'ana', '--reason', 'a test', '--dry-run'];
  const { stdout, exitCode } = await cli(...set, 'click=1');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/booking is left out, so it no longer counts: it was \d+/);
});
