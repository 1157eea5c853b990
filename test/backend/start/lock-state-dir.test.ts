import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { backendUrl } from '../../../backend/client/backend-client.ts';
import { portOfBackend } from '../../../backend/config/state-dir-holder.ts';
import { lockStateDir } from '../../../backend/start/lock-state-dir.ts';
import { stateDir, type StateDirRole } from '../../../backend/config/state-dir.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOLD = fileURLToPath(new URL('./support/hold-state-dir.ts', import.meta.url));

const children: ChildProcess[] = [];
const kill = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
});

/** A process that asks for the directory, and keeps it if it gets it. @returns what it says: `held`, or why it did not. */
async function hold(dir: string, role: StateDirRole, port: number) {
  const child = spawn(process.execPath, ['--no-warnings', HOLD, dir, role, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [told]: Buffer[] = await once(child.stdout, 'data');
  return { child, told: told.toString().trim() };
}

const take = (dir: string, role: StateDirRole) => lockStateDir(stateDir(dir), role, { edge: 1 });

test('of six that start at the same moment one gets the directory; the others are told which', async () => {
  const dir = temporaryFolder();
  const all = await Promise.all([1, 2, 3, 4, 5, 6].map((port) => hold(dir, 'start', port)));
  const winners = all.filter(({ told }) => told === 'held');
  expect(winners).toHaveLength(1);
  const [{ child: winner }] = winners;
  const port = all.findIndex(({ child }) => child === winner) + 1;
  for (const { told } of all.filter((one) => one.told !== 'held')) {
    expect(told).toContain(`${dir} is in use by "trimtab start" (pid ${winner.pid}, since 20`);
    expect(told).toContain(`edge on port ${port}): stop that first, or set TRIMTAB_DIR`);
  }
});

test('a lock is gone with its process, even by kill -9, and what it said of itself binds nobody', async () => {
  const dir = temporaryFolder();
  const { child } = await hold(dir, 'start', 7);
  await expect(take(dir, 'start')).rejects.toThrow(`pid ${child.pid},`);
  await kill(child);
  (await take(dir, 'start')).release();
  // After a restart of the machine its number may be that of another process, which lives.
  const about = JSON.stringify({ pid: process.ppid, since: 1, ports: {} });
  writeFileSync(`${stateDir(dir).lock.start}.json`, about);
  (await take(dir, 'start')).release();
});

test('a lock that was released is free, in the same process too', async () => {
  const dir = temporaryFolder();
  const lock = await take(dir, 'start');
  await expect(take(dir, 'start')).rejects.toThrow(`pid ${process.pid},`);
  lock.release();
  (await take(dir, 'start')).release();
});

test('a backend alone and a whole system keep each other out, both ways', async () => {
  const dir = temporaryFolder();
  const { child: alone } = await hold(dir, 'serve', 8);
  await expect(take(dir, 'start')).rejects.toThrow(
    new RegExp(`in use by "trimtab serve" \\(pid ${alone.pid}, .*on port 8\\)`),
  );
  await kill(alone);
  // A sibling of this process, and not its parent.
  const { child: system } = await hold(dir, 'start', 9);
  await expect(take(dir, 'serve')).rejects.toThrow(
    new RegExp(`in use by "trimtab start" \\(pid ${system.pid}, .*on port 9\\)`),
  );
  await kill(system);
  (await take(dir, 'serve')).release();
});

test('the backend that a system starts may use its directory', async () => {
  const dir = temporaryFolder();
  const lock = await take(dir, 'start');
  expect((await hold(dir, 'serve', 10)).told).toBe('held');
  lock.release();
});

test('a backend is found by its directory, whichever port it has, and is no more once it has ended', async () => {
  const dir = temporaryFolder();
  expect(portOfBackend(stateDir(dir))).toBeUndefined();
  const { child } = await hold(dir, 'serve', 18_799);
  expect(portOfBackend(stateDir(dir))).toBe(18_799);
  vi.stubEnv('TRIMTAB_DIR', dir);
  vi.stubEnv('TRIMTAB_BACKEND', undefined);
  try {
    expect(backendUrl(undefined)).toBe('http://127.0.0.1:18799');
    expect(backendUrl('http://other:1/')).toBe('http://other:1');
    await kill(child);
    expect(backendUrl(undefined)).toBe('http://127.0.0.1:8788');
  } finally {
    vi.unstubAllEnvs();
  }
});
