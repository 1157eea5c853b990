import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../../backend/store/connect.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { runCli } from './support/cli.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const trimtab = (...args: string[]) =>
  runCli(['metric-weights', ...args], { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });
const because = ['--author', 'ana', '--reason', 'bookings pay'];

test('what is set by hand is shown with its reason, warned of, kept and taken back', async () => {
  expect((await trimtab('get')).stdout).toMatch(
    /^smarttrip, as the schema declares\n\nmetric +weight\n/,
  );

  const dry = await trimtab('set', 'click=-1', 'booking=20', ...because, '--dry-run');
  expect(dry.stdout).toMatch(/^It would change:\n  click changes its sign: 1 to -1\n/);
  expect(dry.stdout).toContain('smarttrip, as the schema declares');

  const set = await trimtab('set', 'click=-1', 'booking=20', ...because, '--days', '2');
  expect(set.stdout).toMatch(/^It changes:\n/);
  expect(set.stdout).toMatch(/smarttrip, set .* by ana until .*: bookings pay \(1\)/);
  expect((await trimtab('get')).stdout).toMatch(/booking +20/);

  const back = await trimtab('withdraw', '--author', 'bo', '--reason', 'a slip');
  expect(back.stdout).toContain('smarttrip, as the schema declares');
  const { stdout } = await trimtab('history');
  expect(stdout).toMatch(/\n2 .*withdraws 1 +bo +a slip/);
  expect(stdout).toMatch(/\n1 .*override +ana +bookings pay +click=-1 booking=20 /);
});

test.each([
  [['withdraw', ...because], 1, 'no override of smarttrip is in force'],
  [['set', 'click', ...because], 2, '"click" must look like click=1'],
  [['set', 'click=1', 'booking=2', 'click=2', ...because], 2, 'click has two weights'],
  [['set', 'click=1', '--experiment', 'exp_9', ...because], 1, 'there is no experiment exp_9'],
  [['learn-now'], 1, 'no long-term value is declared: put metricWeights: {'],
  [['get', 'boats'], 1, 'no version has schema "boats"'],
])('`metric-weights %s` is refused', async (args, code, message) => {
  const { exitCode, stderr } = await trimtab(...args);
  expect(stderr).toContain(message);
  expect(exitCode).toBe(code);
});

test('units say that there are none, and what is missing', async () => {
  expect((await trimtab('units')).stdout).toMatch(
    /target +none is declared: metricWeights\.target in trimtab\.config\.ts/,
  );
});

test('verify ends with 1 where the history was tampered with, and names the row', async () => {
  const intact = await trimtab('verify');
  expect(intact.stdout).toMatch(/history +intact\nrows +2\n/);
  expect(intact.exitCode).toBe(0);
  const client = connect(backend.config.database);
  await client.execute(`update metric_weights set weights = '{"click":50}' where id = 1`);
  client.close();
  const { stdout, exitCode } = await trimtab('verify');
  expect(stdout).toMatch(/TAMPERED WITH/);
  expect(stdout).toContain('row 1 is not what its hash was made of');
  expect(exitCode).toBe(1);
});
