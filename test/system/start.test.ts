import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TRIP_REQUEST } from '../../backend/start/first-ranking.ts';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http.ts';
import { isOfCatalogue } from '../support/of-catalogue.ts';
import { sizedForHours } from '../support/size.ts';
import { AT_ONCE } from '../support/system.ts';
import { until } from '../support/until.ts';
import { launch, runCli, type Launched } from '../backend/cli/support/cli.ts';
import { processesNaming } from '../backend/cli/support/processes.ts';

/** Nothing here takes a tenth of these; a machine with two busy cores may. */
const START_MS = 600_000;
const VERB_MS = 600_000;

/** Who is left running can be seen on Linux only. */
const hasProc = existsSync('/proc/self/cmdline');

let dir: string;
let edgePort: number;
let backendPort: number;
let edgeUrl: string;
let settings: Record<string, string>;
let system: Launched;

const start = () => launch(['start', '--json'], settings, '', join(dir, 'below'));
const keys = async () => JSON.parse(await readFile(join(dir, 'keys.json'), 'utf8'));
const left = async () => [
  ...(await processesNaming(`:${edgePort}`)),
  ...(await processesNaming(`--port ${backendPort}`)),
];

async function rank() {
  const { publishableKey } = await keys();
  return ask(`${edgeUrl}/v1/rank`, { key: publishableKey, body: JSON.stringify(TRIP_REQUEST) });
}

const served = (version: string) =>
  until(`${version} is served`, async () => {
    const answer = await rank();
    return answer.headers.get('x-trimtab-weights') === version;
  });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trimtab-start-'));
  [edgePort, backendPort] = [await freePort(), await freePort()];
  edgeUrl = `http://127.0.0.1:${edgePort}`;
  settings = {
    TRIMTAB_DIR: dir,
    TRIMTAB_EDGE_PORT: String(edgePort),
    TRIMTAB_BACKEND_PORT: String(backendPort),
    TRIMTAB_BACKEND: `http://127.0.0.1:${backendPort}`,
  };
  await mkdir(join(dir, 'below'));
  await writeFile(
    join(dir, 'trimtab.config.ts'),
    `import { defineConfig } from 'trimtab/config';
export default defineConfig({ training: { schedule: '7 5 * * *' }, ...${JSON.stringify(AT_ONCE)} });
`,
  );
  // Set by hand before the first start, and kept by it.
  await writeFile(join(dir, 'edge.env'), 'REFRESH_MS="200"\n');
  system = start();
  await system.firstJson;
}, START_MS);

afterAll(async () => {
  system.signal('SIGTERM');
  const { stdout, stderr } = await system.ended;
  const { secretKey, tokenSecret, ingestSecret, identitySecret } = await keys();
  for (const secret of [secretKey, tokenSecret, ingestSecret, identitySecret])
    if (`${stdout}${stderr}`.includes(secret)) throw new Error('it printed a secret');
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

// The cases run in order and on one system: each takes it as the one before left it.
describe('trimtab start', { timeout: VERB_MS }, () => {
  it('is ready with ten thousand trips under the rules', async () => {
    expect(await system.firstJson).toMatchObject({
      edgeUrl,
      imported: 10_000,
      version: { weights: 'v000000', items: 10_000, degraded: false },
    });
  });

  it('warns of nothing, as nobody typed anything that it could warn of', () => {
    expect(system.stderr()).toContain('Importing the demo catalogue');
    expect(system.stderr()).not.toMatch(/^warning:/m);
  });

  it('goes by the configuration file of the folder above', async () => {
    const { secretKey } = await keys();
    const { training } = (
      await ask(`${settings.TRIMTAB_BACKEND}/v1/status`, { key: secretKey })
    ).json<{ training: { nextAt: number } }>();
    expect(new Date(training.nextAt).toISOString()).toMatch(/T05:07:00/);
  });

  it('keeps its keys where nobody else can read them', async () => {
    expect((await stat(join(dir, 'keys.json'))).mode & 0o077).toBe(0);
    expect((await stat(join(dir, 'edge.env'))).mode & 0o077).toBe(0);
  });

  it('shows no secret to who lists processes, and lets nobody else read what it stores', async () => {
    const { publishableKey: _, ...secrets } = await keys();
    for (const secret of Object.values<string>(secrets))
      expect(await processesNaming(secret)).toEqual([]);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    const files = await readdir(dir, { recursive: true, withFileTypes: true });
    const open: string[] = [];
    for (const file of files.filter((one) => one.isFile())) {
      const path = join(file.parentPath, file.name);
      const mode = await stat(path).then(
        (found) => found.mode,
        () => 0,
      );
      // What this test wrote itself is as it was; the directory around it is closed.
      if ((mode & 0o077) !== 0 && !path.endsWith('trimtab.config.ts')) open.push(path);
    }
    expect(open).toEqual([]);
    expect(files.length).toBeGreaterThan(5);
  });

  it('answers the ranking request that it prints', async () => {
    const answer = await rank();
    expect(answer.status).toBe(200);
    const { items } = answer.json<{ items: { score: number; reasons: { points: number }[] }[] }>();
    expect(items).toHaveLength(3);
    for (const { score, reasons } of items)
      expect(reasons.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(score, 9);
  });

  it.each([
    ['status', { weights: { version: 'v000000' }, counts: { items: 10_000 }, problems: [] }],
    ['weights', [{ version: 'v000000', name: 'rules' }]],
    ['weights v000000', { points: { base: [0, 30] }, schema: { name: 'smarttrip' } }],
    ['runs', []],
    ['metric-weights get', { schema: 'smarttrip', inForce: { source: 'schema' } }],
    ['keys', { publishableKey: expect.stringMatching(/^pk_/) }],
  ])('tells `%s --json` as JSON', async (verb, expected) => {
    const { exitCode, stdout } = await runCli([...verb.split(' '), '--json'], settings);
    expect(JSON.parse(stdout)).toMatchObject(expected);
    expect(exitCode).toBe(0);
  });

  it.each([
    ['promote v000041', 1, 'there is no version v000041'],
    ['rollback 41', 2, 'must look like v000041'],
    ['items delete nowhere', 1, 'there is no item nowhere'],
    ['import nothing.csv', 2, 'there is no file nothing.csv'],
    ['runs run_0', 1, 'there is no run run_0'],
    ['status --key sk_wrong', 1, 'the key is not one of'],
    ['status --backend http://127.0.0.1:1', 1, 'start it with "npm start"'],
    ['frobnicate', 2, 'unknown command'],
  ])('refuses `%s` with exit code %i and the remedy', async (verb, exitCode, message) => {
    const ended = await runCli(verb.split(' '), settings);
    expect(ended).toMatchObject({ exitCode, stdout: '' });
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  });

  it('takes items from CSV by the types of the live schema, and lets them go again', async () => {
    const csv =
      'id,title,country,continent,themes,price\nown-1,"Ours, too",PT,Europe,hiking|food,900\n';
    // A process of its own: its stdin is a pipe.
    const added = await launch(['import', '-', '--format', 'csv', '--json'], settings, csv).ended;
    expect(JSON.parse(added.stdout)).toEqual({
      upserted: 1,
      new: 1,
      changed: 0,
      unchanged: 0,
      refused: 0,
      merged: 0,
      withdrawn: 0,
    });
    const { secretKey } = await keys();
    const page = await ask(`${settings.TRIMTAB_BACKEND}/v1/items?limit=1&after=a`, {
      key: secretKey,
    });
    expect(page.json()).toMatchObject({
      items: [{ id: 'own-1', title: 'Ours, too', themes: ['hiking', 'food'], price: 900 }],
    });
    const removed = await runCli(['items', 'delete', 'own-1', '--json'], settings);
    expect(JSON.parse(removed.stdout)).toEqual({ deleted: ['own-1'] });
  });

  it('rolls every ranking back with one word, and holds until released', async () => {
    const { secretKey } = await keys();
    const added = await ask(`${settings.TRIMTAB_BACKEND}/v1/weights`, {
      key: secretKey,
      body: { name: 'flat', points: { base: [0, 1] } },
    });
    expect(added.json()).toEqual({ version: 'v000001' });
    await runCli(['promote', 'v000001'], settings);
    await served('v000001');
    const back = await runCli(['rollback', 'v000000', '--json'], settings);
    expect(JSON.parse(back.stdout)).toMatchObject({ version: 'v000000', hold: true });
    await served('v000000');
    expect(await runCli(['promote', 'v000001'], settings)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('release first'),
    });
    const released = await runCli(['release', '--json'], settings);
    expect(JSON.parse(released.stdout)).toMatchObject({ version: 'v000000', hold: false });
    const { stdout } = await runCli(['audit', '--json', '--limit', '20'], settings);
    const entries: { action: string }[] = JSON.parse(stdout);
    const moves = entries.filter((entry) => !isOfCatalogue(entry)).map(({ action }) => action);
    expect(moves.slice(0, 3)).toEqual(['release', 'rollback', 'promote']);
  });

  it('names the port that is taken, and how to choose another', async () => {
    const elsewhere = { ...settings, TRIMTAB_DIR: join(dir, 'elsewhere') };
    await mkdir(elsewhere.TRIMTAB_DIR);
    const { exitCode, stderr } = await launch(['start', '--json'], elsewhere).ended;
    expect(stderr).toContain(`port ${edgePort}, where the edge should listen, is taken`);
    expect(stderr).toContain('--edge-port');
    expect(exitCode).toBe(1);
  });

  it.each([
    ['start', ['--edge-port', '3001', '--backend-port', '3002']],
    ['serve', ['--port', '3002']],
  ])('keeps out a second `%s` on its directory, and says who has it', async (verb, ports) => {
    const before = await readFile(join(dir, 'edge.env'), 'utf8');
    const { exitCode, stderr, stdout } = await launch([verb, ...ports], settings).ended;
    expect(stderr).toContain(
      `${dir} is in use by "trimtab ${verb}" (pid ${verb === 'start' ? system.pid : ''}`,
    );
    expect(stderr).toMatch(
      new RegExp(`since .+backend on port ${backendPort}\\): stop that first`),
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(await readFile(join(dir, 'edge.env'), 'utf8')).toBe(before);
    expect((await rank()).status).toBe(200);
  });

  it(
    'stops all of it on SIGTERM, and a second start finds it as it was',
    async () => {
      const before = await keys();
      system.signal('SIGTERM');
      expect(await system.ended).toMatchObject({ exitCode: 0 });
      expect(await left()).toEqual([]);
      system = start();
      expect(await system.firstJson).toMatchObject({
        imported: 0,
        version: { weights: 'v000000', items: 10_000 },
      });
      expect(await keys()).toEqual(before);
      const { stdout } = await runCli(['weights', '--json'], settings);
      expect(JSON.parse(stdout)).toHaveLength(2);
    },
    START_MS,
  );

  it.skipIf(!hasProc)(
    'goes on without a backend that was killed, and starts it again (reads /proc: Linux only)',
    async () => {
      const [killed] = await processesNaming(`--port ${backendPort}`);
      const [edge] = await processesNaming(`--port=${edgePort}`);
      process.kill(killed.pid, 'SIGKILL');
      const ranked = new Set<number>();
      await until('the backend answers again', async () => {
        ranked.add((await rank()).status);
        const { secretKey } = await keys();
        const { status } = await ask(`${settings.TRIMTAB_BACKEND}/v1/status`, { key: secretKey });
        return status === 200;
      });
      const [again] = await processesNaming(`--port ${backendPort}`);
      expect(again.pid).not.toBe(killed.pid);
      // The edge has ranked all the while, and is the same one.
      expect([...ranked]).toEqual([200]);
      expect(await processesNaming(`--port=${edgePort}`)).toEqual([edge]);
      expect(system.stderr()).toContain(
        'backend | the backend was ended by SIGKILL: starting it again in 0.5 s',
      );
    },
    START_MS,
  );

  const partsOfEdge: readonly [string, () => string][] = [
    ['wrangler', () => `--port=${edgePort}`],
    // Takes most of a minute: that it is silent is seen by what it does not answer.
    ['the workerd that listens', () => `--socket-addr=entry=127.0.0.1:${edgePort}`],
  ];
  it.skipIf(!hasProc).each(sizedForHours(partsOfEdge.slice(0, 1), partsOfEdge))(
    'starts the edge again when %s was killed, while the backend goes on (reads /proc: Linux only)',
    async (_, naming) => {
      const [backend] = await processesNaming(`--port ${backendPort}`);
      const [killed] = await processesNaming(naming());
      process.kill(killed.pid, 'SIGKILL');
      await until('the edge is another one', async () => {
        const now = await processesNaming(`--port=${edgePort}`);
        return now.length === 1 && now[0].pid !== killed.pid && (await rank()).status === 200;
      });
      expect(await processesNaming(`--port ${backendPort}`)).toContainEqual(backend);
      expect(system.stderr()).toMatch(/edge \| the edge .+: starting it again in/);
    },
    START_MS,
  );

  it.skipIf(!hasProc)(
    'leaves nothing behind even when it is itself killed (reads /proc: Linux only)',
    async () => {
      expect(await left()).not.toEqual([]);
      system.signal('SIGKILL');
      await system.ended;
      await until('all are gone', async () => (await left()).length === 0);
    },
    START_MS,
  );
});

describe('trimtab start, on a port that somebody else has', { timeout: VERB_MS }, () => {
  it('leaves the other alone and starts nothing', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(backendPort, '127.0.0.1', resolve));
    const { exitCode, stderr } = await start().ended;
    other.close();
    expect(stderr).toContain(`port ${backendPort}, where the backend should listen, is taken`);
    expect(exitCode).toBe(1);
    expect(await processesNaming(`:${edgePort}`)).toEqual([]);
  });
});
