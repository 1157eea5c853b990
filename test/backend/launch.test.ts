import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A clone as it is before `npm ci`, as far as the first step of every command goes. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FILES = ['package.json', '.npmrc', 'backend/launch.js', 'backend/preflight.js'];
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'trimtab-clone-'));
  for (const file of FILES) cpSync(join(ROOT, file), join(clone, file));
});
afterEach(() => rmSync(clone, { recursive: true }));

const put = (path: string, text: string) => {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), text);
  chmodSync(join(clone, path), 0o755);
};

/** What a command writes and how it ends. @param version as which Node passes itself off. */
async function run(
  command: string,
  args: readonly string[],
  version: string,
  settings: Readonly<Record<string, string>> = {},
) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(pretend)}`;
  // Without the folders that npm put in front for this test run: there, tsc and vitest would be found after all.
  const paths = process.env.PATH!.split(':').filter((path) => !path.includes('node_modules'));
  const PATH = [dirname(process.execPath), ...paths].join(':');
  const child = spawn(command, args, {
    cwd: clone,
    env: { HOME: clone, PATH, NODE_OPTIONS, ...settings },
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
  const exitCode = await new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', done);
  });
  return { exitCode, ...written };
}
const runNode = (
  args: readonly string[],
  version: string,
  settings?: Readonly<Record<string, string>>,
) => run(process.execPath, args, version, settings);

const VERSIONS = ['18.20.8', '20.20.2', '22.11.0', '22.23.0', '24.21.0'];

describe.each(VERSIONS)('Node %s', (version) => {
  test('without node_modules: one line says that `npm ci` comes first', async () => {
    const answer = { exitCode: 1, stdout: '', stderr: 'trimtab: run `npm ci` first\n' };
    expect(await runNode(['backend/launch.js', 'start'], version)).toEqual(answer);
    expect(await runNode(['backend/preflight.js'], version)).toEqual(answer);
    expect(existsSync(join(clone, 'node_modules'))).toBe(false);
  });

  test('with an installation that was cut short: the same', async () => {
    put('node_modules/commander/package.json', '{}');
    const { exitCode, stderr } = await runNode(['backend/launch.js', 'start'], version);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'trimtab: run `npm ci` first\n' });
  });

  test('without the development tools: `npm start` may go on, `npm test` may not', async () => {
    put('node_modules/.package-lock.json', '{}');
    put('node_modules/.bin/node', '#!/bin/sh\necho "own node: $*"');
    put(
      'backend/cli/main.ts',
      'const args: string[] = process.argv;\nconsole.log(`this node: ${args}`);',
    );
    const started = await runNode(['backend/launch.js', 'start', '--json'], version);
    expect(started).toMatchObject({ exitCode: 0, stderr: '' });
    const readsTypeScript = Number(version.split('.', 1)[0]) >= 22 && version !== '22.11.0';
    expect(started.stdout).toMatch(
      readsTypeScript ? /^this node: .*start,--json/ : /^own node: .*cli\/main\.ts start --json/,
    );
    expect(await runNode(['backend/preflight.js'], version)).toMatchObject({
      exitCode: 1,
      stderr: 'trimtab: run `npm ci` first\n',
    });
    put('node_modules/vitest/package.json', '{}');
    expect(await runNode(['backend/preflight.js'], version)).toMatchObject({ exitCode: 0 });
  });
});

/** With its own Node, and in the same one. */
describe.each(['20.20.2', '24.21.0'])('compiled modules, with Node %s', (version) => {
  const cache = () => join(clone, 'node_modules/.cache/compile');
  const start = (settings?: Readonly<Record<string, string>>) =>
    runNode(['backend/launch.js', 'start'], version, settings);
  beforeEach(() => {
    put('node_modules/.package-lock.json', '{}');
    put('node_modules/.bin/node', `#!/bin/sh\nexec '${process.execPath}' "$@"`);
    put('backend/cli/main.ts', "import { say } from './say.ts';\nawait say();");
    put(
      'backend/cli/say.ts',
      `import { spawnSync } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
export async function say(): Promise<void> {
  const code = "console.log(require('node:module').getCompileCacheDir())";
  console.log(getCompileCacheDir());
  process.stdout.write(spawnSync(process.execPath, ['--eval', code]).stdout);
  await new Promise((ended) => new Worker(code, { eval: true }).once('exit', ended));
}
`,
    );
  });

  test('are kept among its own modules, by children and threads too', async () => {
    const { exitCode, stdout, stderr } = await start();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const said = stdout.trim().split('\n');
    expect(said).toEqual(Array.from({ length: 3 }, () => expect.stringContaining(cache())));
    const kept = readdirSync(cache(), { recursive: true, withFileTypes: true });
    expect(kept.filter((entry) => entry.isFile()).length).toBeGreaterThan(1);
  });

  test('are kept where the environment says, if it says so', async () => {
    const { stdout } = await start({ NODE_COMPILE_CACHE: join(clone, 'elsewhere') });
    expect(stdout.match(/elsewhere/g)).toHaveLength(3);
    expect(existsSync(cache())).toBe(false);
  });

  test('are not kept where that cannot be, and nothing is said', async () => {
    put('node_modules/.cache', 'no folder');
    expect(await start()).toEqual({
      exitCode: 0,
      stdout: 'undefined\n'.repeat(3),
      stderr: '',
    });
  });
});

test.each(['18.20.8', '22.17.1'])(
  'Node %s where the registry has no Node for this platform: one line says which is needed',
  async (version) => {
    put('node_modules/.package-lock.json', '{}');
    put('node_modules/vitest/package.json', '{}');
    for (const script of ['backend/launch.js', 'backend/preflight.js'])
      expect(await runNode([script], version)).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: `trimtab: Node 22.18 or newer is needed, but this is ${version}: install one from https://nodejs.org\n`,
      });
  },
);

test.each(Object.keys(scripts))(
  '`npm run %s` in a clone ends with that line, and no stack',
  async (script) => {
    const { exitCode, stdout, stderr } = await run('npm', ['run', script], process.versions.node);
    expect(exitCode).toBe(1);
    expect(stderr).toBe('trimtab: run `npm ci` first\n');
    expect(stdout).not.toContain('    at ');
  },
);
