import { afterAll, beforeAll, expect, test } from 'vitest';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { runCli } from './support/cli.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend?.close());

const trimtab = (...args: string[]) =>
  runCli(args, { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });

test('an experiment is made, found by name or by the beginning of its id, widened and stopped', async () => {
  expect((await trimtab('experiments')).stdout).toBe('there is no experiment yet.\n');
  const args = ['--arm', 'control=:90', '--arm', 'bold=v000000:10', '--traffic', '0.2', '--aa'];
  const made = await trimtab('experiments', 'create', '--name', 'bold themes', ...args, '--start');
  expect(made.stdout).toMatch(/^experiment +bold themes \(exp_[^)]+\)\nstatus +running since /);
  const id = /exp_[0-9a-f-]+/.exec(made.stdout)![0];

  const wide = await trimtab('experiments', 'widen', 'bold themes', '0.4');
  expect(wide.stdout).toContain('40 % of the sessions');
  const shown = await trimtab('experiments', 'show', id.slice(0, 10));
  expect(shown.stdout).toContain('bold themes: not enough data: 0 of 1,000 sessions');
  expect((await trimtab('experiments')).stdout).toMatch(
    new RegExp(`\n${id.slice(0, 12)}  bold themes  running +weights +40 %`),
  );

  const stopped = await trimtab('experiments', 'stop', 'bold themes');
  expect(stopped.stdout).toMatch(/\nstatus +stopped \S+ \S+ UTC, started \S+ \S+ UTC\n/);
  expect(stopped.stdout).not.toContain('stopped since');
});

test.each([
  ['--guardrail', 'booked=', 'It must look like conversion=0.01'],
  ['--guardrail', 'booked=0x1', 'It must look like conversion=0.01'],
  ['--guardrail', '=0.1', 'It must look like conversion=0.01'],
  ['--traffic', '0x1', 'It must be a number in decimal digits'],
  ['--traffic', '1e400', 'It must be a number in decimal digits'],
])('%s %s is refused as what it is', async (option, value, message) => {
  const { exitCode, stderr } = await trimtab('experiments', 'create', '--name', 'a', option, value);
  expect(stderr).toContain(message);
  expect(exitCode).toBe(2);
});

test.each([
  [['experiments', 'show', 'nothing'], 'there is no experiment nothing'],
  [
    [
      'experiments',
      'create',
      '--name',
      'a',
      '--arm',
      'a=:1',
      '--arm',
      'b=:1',
      '--layer',
      'mine',
      '--aa',
    ],
    'layer mine is new: say whether it counts by user or by session (unit; --unit)',
  ],
])('%j is refused', async (args, message) => {
  const { exitCode, stderr } = await trimtab(...args);
  expect(stderr).toContain(message);
  expect(exitCode).toBe(1);
});
