import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConfigInForce } from '../../../backend/config/in-force.ts';
import { until } from '../../support/until.ts';
import { launch, runCli } from './support/cli.ts';
import { runInHost } from './support/command-host.ts';
import { processesNaming } from './support/processes.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-host-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const settings = () => ({ TRIMTAB_DIR: directory });

test.each([
  ['--help', 0],
  ['config --json', 0],
  ['keys', 1],
  ['status --key sk_1 --backend http://127.0.0.1:1', 1],
  ['status', 2],
  ['frobnicate', 2],
])('`trimtab %s` writes and ends as in a process of its own, with %i', async (line, exitCode) => {
  const args = line.split(' ');
  const inProcess = await launch(args, settings()).ended;
  expect(inProcess.exitCode).toBe(exitCode);
  expect(inProcess.stdout + inProcess.stderr).not.toBe('');
  expect(await runCli(args, settings())).toEqual(inProcess);
});

test('a command knows nothing of the one before', async () => {
  const hostOf = async (env: Readonly<Record<string, string>>) => {
    const { stdout } = await runCli(['config', '--json'], env, '', directory);
    const found: ConfigInForce = JSON.parse(stdout);
    return found.settings.find(({ name }) => name === 'TRIMTAB_HOST');
  };
  const before = await hostOf(settings());
  expect((await hostOf({ ...settings(), TRIMTAB_HOST: '0.0.0.0' }))?.value).toBe('0.0.0.0');
  expect((await runCli(['frobnicate'], settings(), '', '/')).exitCode).toBe(2);
  expect(await hostOf(settings())).toEqual(before);
  expect((await runCli(['--help'], settings())).exitCode).toBe(0);
});

test('commands that are asked for at once take turns', async () => {
  const [help, refused] = await Promise.all([
    runCli(['--help'], settings()),
    runCli(['frobnicate'], settings()),
  ]);
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
});

test('one that hangs is ended, and the next one runs', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const args = ['status', '--backend', `http://127.0.0.1:${port}`];
  const env = { ...process.env, TRIMTAB_KEY: 'sk_of_this_test' };
  const hung = runInHost({ args, env, cwd: directory, input: '' }, 3000);
  expect(await hung).toEqual({ exitCode: null, stdout: '', stderr: '' });
  silent.closeAllConnections();
  silent.close();
  expect((await runCli(['--help'], settings())).exitCode).toBe(0);
});

test.skipIf(!existsSync('/proc/self/cmdline'))(
  'its process ends with the one that asks, however that ends (reads /proc: Linux only)',
  async () => {
    const cli = new URL('./support/cli.ts', import.meta.url).href;
    const asks = `
      import { runCli } from '${cli}';
      console.log((await runCli(['keys'], {})).exitCode);
      setInterval(() => undefined, 1000);`;
    const asking = spawn(process.execPath, ['--input-type=module', '--eval', asks]);
    const [exitCode] = await once(asking.stdout, 'data');
    expect(String(exitCode)).toBe('1\n');
    const children = readFileSync(`/proc/${asking.pid}/task/${asking.pid}/children`, 'utf8');
    const isRunning = async () =>
      (await processesNaming('command-host-process')).some(({ pid }) => pid === Number(children));
    expect(await isRunning()).toBe(true);
    asking.kill('SIGKILL');
    await until('the host has ended', async () => !(await isRunning()));
  },
);
