import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRollout } from '../../../backend/rollouts/settings.ts';
import { openStore } from '../../../backend/store/open.ts';
import { rolloutDecisions } from '../../../backend/store/tables.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { runCli } from './support/cli.ts';

let backend: TestBackend;
let version: string;
beforeAll(async () => {
  backend = await startTestBackend({ rollout: parseRollout({ schedule: '' }) });
  version = (await backend.call('POST', '/v1/weights', { name: 'ours', points: {} })).body.version;
});
afterAll(() => backend?.close());

const cli = (...args: string[]) =>
  runCli(['rollouts', ...args], { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });
const idOf = async () => JSON.parse((await cli('--json')).stdout)[0].id as string;

test('says what to do where nothing was rolled out yet', async () => {
  expect(await cli()).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('"trimtab train" proposes'),
  });
  expect((await cli('show')).stderr).toContain('nothing was rolled out yet');
});

test.each([
  [['start', 'v000099', '--force'], 1, 'there is no version v000099'],
  [['start', '99'], 2, 'must look like v000041'],
  [['start', 'v000000', '--force'], 1, 'is the champion already'],
  [['show', 'ro_nothing'], 1, 'there is no rollout ro_nothing'],
  [['withdraw', 'ro_nothing'], 1, 'there is no rollout ro_nothing'],
])('refuses %j with exit code %i and the remedy', async (args, exitCode, message) => {
  expect(await cli(...args)).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
});

test('starts what no gate judged only where somebody vouches for it', async () => {
  const refused = await cli('start', version);
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('vouch for it with'),
  });
  const started = await cli('start', version, '--force');
  expect(started.stdout).toContain(`${version}, against v000000`);
  expect(started.stdout).toContain('candidate › [shadow] › canary 1');
  expect((await cli()).stdout).toMatch(new RegExp(`${version} +v000000 +shadow`));
});

test('shows the decisions with what they rest on, and what is still missing', async () => {
  const { stdout } = await cli('show');
  expect(stdout).toMatch(/UTC {2}at candidate, .* on to shadow\n {2}0 sessions/);
  const shown = JSON.parse((await cli('show', await idOf(), '--json')).stdout);
  expect(shown).toMatchObject({ challenger: version, stage: 'shadow', share: 0 });
  expect(shown.decisions[0].evidence.gate.reason).toMatch(/vouches for it$/);
});

test('withdraws, and tells who in the audit log', async () => {
  const id = await idOf();
  const ended = await cli('withdraw', id.slice(0, 6));
  expect(ended.stdout).toContain('withdrawn, since');
  // And not what its last decision still asked for.
  expect(ended.stdout).toMatch(/why +withdrawn by hand, by \S+\n/);
  expect((await cli()).stdout).toContain('withdrawn by hand, by ');
  const { entries } = (await backend.call('GET', '/v1/audit?limit=10')).body;
  expect(entries.map(({ action }: { action: string }) => action)).toContain('withdraw rollout');
  expect(JSON.parse(backend.kv.text('WEIGHTS/active')!)).not.toHaveProperty('shadow');
  expect((await cli('withdraw', id)).stderr).toContain('is over');
});

test('says what experiments leave to a canary', async () => {
  const asked = {
    name: 'takes all',
    arms: [
      { name: 'control', weight: 50 },
      { name: 'other', weight: 50, version },
    ],
    traffic: 0.75,
    start: true,
  };
  await cli('start', version, '--force');
  expect((await cli('show')).stdout).not.toContain('free traffic');
  const { id } = (await backend.call('POST', '/v1/experiments', asked)).body;
  expect((await cli('show')).stdout).toMatch(
    /free traffic +25.0 % of the sessions: experiments hold the others/,
  );
  await backend.call('POST', `/v1/experiments/${id}/widen`, { traffic: 1 });
  expect((await cli('show')).stdout).toMatch(/free traffic +0.0 % of .*, so stop one/);
  await backend.call('POST', `/v1/experiments/${id}/stop`);
});

test('finds the newest rollout of a challenger by its version', async () => {
  const newest = await idOf();
  expect((await cli('show', version)).stdout).toMatch(new RegExp(`rollout +${newest}, by`));
  expect((await cli('withdraw', version)).stdout).toContain('withdrawn, since');
});

test('decides a log again, and fails where it was tampered with', async () => {
  const id = await idOf();
  expect(await cli('replay')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(new RegExp(`^${id}: \\d+ decisions?, the same again`)),
  });
  const store = await openStore(backend.config.database);
  const [{ decision }] = await store.db.select().from(rolloutDecisions).limit(1);
  await store.write([
    store.db.update(rolloutDecisions).set({ decision: { ...decision, why: 'because' } }),
  ]);
  await store.close();
  expect(await cli('replay', id)).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/the log or the rules' code was changed/),
  });
});
