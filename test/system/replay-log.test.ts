import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../backend/cli/support/cli.ts';
import { call } from '../support/client.ts';
import { AT_ONCE, startSystem, type System } from '../support/system.ts';
import { DEMO } from '../../backend/config/demo.ts';

const log = (name: string) => fileURLToPath(new URL(`../fixtures/logs/${name}`, import.meta.url));

let system: System;
beforeAll(async () => {
  system = await startSystem({ config: { ...DEMO, ...AT_ONCE }, edgeEnv: { REFRESH_MS: '100' } });
});
afterAll(() => system?.stop());

const cli = (...args: string[]) =>
  runCli(args, {
    TRIMTAB_DIR: system.directory,
    TRIMTAB_BACKEND: system.backend.url,
    TRIMTAB_EDGE: system.edge.url,
    TRIMTAB_KEY: system.keys.secretKey,
  });

test('a log is only looked at on request', async () => {
  const { stdout, exitCode } = await cli('replay', 'ga4', log('ga4.jsonl'), '--dry-run', '--json');
  expect([exitCode, JSON.parse(stdout)]).toEqual([
    0,
    { rankings: 1, actions: 2, unmatched: 2, unread: 1 },
  ]);
});

test('its lists and what was done come into the log through the edge, in their order', async () => {
  const { exitCode, stdout, stderr } = await cli(
    'replay',
    'metarank',
    log('metarank.jsonl'),
    '--json',
  );
  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rankings: 2, events: 2, unmatched: 1 });
  const status = await call<{ rankings: Record<string, number>; settings: unknown[] }>(
    system,
    'GET',
    '/v1/apprentice?placement=replay',
  );
  // What visitors see is as it was.
  expect(status.settings).toEqual([]);
  expect(status.rankings.kept).toBeGreaterThanOrEqual(2);
  const { counts } = await call<{ counts: { events: number } }>(system, 'GET', '/v1/status');
  expect(counts.events).toBe(2);
});

test('hotel searches are still a verb of their own', async () => {
  const { stdout } = await cli('replay', 'trivago', '--help');
  expect(stdout).toContain('RecSys 2019');
});

test('what has no such form says so', async () => {
  const { exitCode, stderr } = await cli('replay', 'segment', log('metarank.jsonl'));
  expect(exitCode).toBe(1);
  expect(stderr).toContain('no row says what was shown: is this the form of "segment"?');
});
