import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../backend/config/environment.ts';
import { deploy, dryRun, type DeployOptions } from '../../../backend/deploy/deploy.ts';
import { readWorkerConfig } from '../../../backend/deploy/worker-config.ts';
import { EDGE_SECRETS } from '../../../backend/deploy/plan-secrets.ts';
import { wranglerOf } from '../../../backend/deploy/wrangler.ts';
import { runCli } from '../cli/support/cli.ts';

const FAKE = fileURLToPath(new URL('support/fake-wrangler.js', import.meta.url));
const WORKER = await readWorkerConfig();
const BACKEND = 'https://rank.shop.dev';

interface Call {
  readonly args: readonly string[];
  readonly input: string;
  readonly interactive: boolean;
}
interface Account {
  workers: Record<string, { secrets: Record<string, string>; namespaces: Record<string, string> }>;
  namespaces: string[];
  targets: string[];
  calls: Call[];
  failAt?: string;
  signedOut?: boolean;
}

let folder: string;
let account: string;
let edge: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-deploy-test-'));
  account = join(folder, 'account.json');
  // As the Worker does, it takes the secret keys that the account has.
  edge = createServer((request, response) => {
    void statusFor(request.headers.authorization).then((status) =>
      response.writeHead(status).end('{}'),
    );
  }).listen(0, '127.0.0.1');
  await once(edge, 'listening');
  await change({ workers: {}, namespaces: [], targets: [edgeUrl()], calls: [] });
});
afterEach(async () => {
  edge.close();
  await rm(folder, { recursive: true });
});

async function statusFor(authorization: string | undefined): Promise<number> {
  const { workers } = await readAccount();
  const keys = (workers.trimtab?.secrets.SECRET_KEYS ?? '').split(',');
  return keys.some((key) => authorization === `Bearer ${key}`) ? 200 : 401;
}

const edgeUrl = () => `http://127.0.0.1:${(edge.address() as AddressInfo).port}`;
const readAccount = async () => JSON.parse(await readFile(account, 'utf8')) as Account;
const change = async (to: Partial<Account>) => {
  const before = await readAccount().catch(() => ({}));
  await writeFile(account, JSON.stringify({ ...before, ...to }));
};
const kept = (name = 'trimtab') => join(folder, 'deployed', name);
const fileOf = async (file: string, name?: string) =>
  parseEnv(await readFile(join(kept(name), file), 'utf8'));

const optionsOf = ({
  name = 'trimtab',
  ...rest
}: Partial<DeployOptions> & { name?: string } = {}): DeployOptions => ({
  worker: { ...WORKER, name },
  wrangler: wranglerOf({
    name,
    env: { PATH: process.env.PATH, FAKE_ACCOUNT: account },
    script: FAKE,
    onLine: () => {},
  }),
  folder: kept(name),
  rotate: [],
  push: [],
  codeOnly: false,
  edgeChecks: { tries: 1, waitMs: 0 },
  note: () => {},
  ...rest,
});
const deployed = (more?: Parameters<typeof optionsOf>[0]) => deploy(optionsOf(more));

describe('a first deployment', () => {
  test('makes namespaces, secrets and the file with which a backend starts, and the edge takes its key', async () => {
    const result = await deployed({ backendUrl: BACKEND });
    const { workers, namespaces, calls } = await readAccount();
    const { secrets } = workers.trimtab;
    expect(namespaces).toEqual(['trimtab-weights', 'trimtab-catalogue']);
    expect(Object.keys(secrets).toSorted()).toEqual([
      'BACKEND_URL',
      'IDENTITY_SECRET',
      'INGEST_SECRET',
      'PUBLISHABLE_KEYS',
      'SECRET_KEYS',
      'TOKEN_SECRET',
      'USER_SECRET',
    ]);
    expect(new Set(Object.values(secrets)).size).toBe(7);
    expect(result).toMatchObject({ answer: { is: 'ready' }, unknown: [], edgeUrl: edgeUrl() });

    const environment = readEnvironment(await fileOf('backend.env'));
    expect(environment).toMatchObject({
      edgeUrl: edgeUrl(),
      secretKeys: [secrets.SECRET_KEYS],
      ingestSecrets: [secrets.INGEST_SECRET],
      identitySecrets: [secrets.IDENTITY_SECRET],
    });
    expect(await fileOf('edge.env')).toEqual(secrets);
    const backendFile = await readFile(join(kept(), 'backend.env'), 'utf8');
    expect(backendFile).not.toContain(secrets.TOKEN_SECRET);

    // No argument, which every user of the machine may list, holds a secret; and nobody is asked anything.
    const shown = JSON.stringify(calls.map(({ args }) => args));
    for (const secret of Object.values(secrets)) expect(shown).not.toContain(secret);
    expect(calls.every(({ interactive }) => !interactive)).toBe(true);
  });

  test('keeps files to their owner, whatever the umask and whoever wrote one before', async () => {
    const umask = process.umask(0);
    try {
      await deployed({ backendUrl: BACKEND });
      await chmod(join(kept(), 'edge.env'), 0o644);
      await deployed();
    } finally {
      process.umask(umask);
    }
    for (const file of ['edge.env', 'backend.env'])
      expect((await stat(join(kept(), file))).mode & 0o777).toBe(0o600);
    expect((await stat(kept())).mode & 0o777).toBe(0o700);
    expect((await readdir(kept())).toSorted()).toEqual(['backend.env', 'edge.env']);
  });

  test('is refused before a secret is set where nobody says where the backend is', async () => {
    await expect(deployed()).rejects.toThrow('--backend-url https://…');
    expect((await readAccount()).workers.trimtab.secrets).toEqual({});
    await expect(stat(kept())).rejects.toThrow('ENOENT');
  });

  test('says what to do where nobody is signed in, or a namespace is left over', async () => {
    await change({ signedOut: true });
    await expect(deployed({ backendUrl: BACKEND })).rejects.toThrow('npx wrangler login');
    await change({ signedOut: false, namespaces: ['trimtab-weights'] });
    await expect(deployed({ backendUrl: BACKEND })).rejects.toThrow('wrangler kv namespace list');
  });
});

describe('deploying again', () => {
  test('changes no secret, no file and no namespace', async () => {
    await deployed({ backendUrl: BACKEND });
    const [before, files] = [await readAccount(), await fileOf('backend.env')];
    const again = await deployed();
    const after = await readAccount();
    expect(again).toMatchObject({ set: [], made: [], answer: { is: 'ready' } });
    expect(after.workers).toEqual(before.workers);
    expect(after.namespaces).toEqual(before.namespaces);
    expect(await fileOf('backend.env')).toEqual(files);
    expect(after.calls.slice(before.calls.length).map(({ args }) => args[1])).not.toContain('bulk');
  });

  test('goes on with the same values after a run that was cut short at the edge', async () => {
    await change({ failAt: 'secret bulk' });
    await expect(deployed({ backendUrl: BACKEND })).rejects.toThrow('the network is gone');
    const written = await fileOf('edge.env');
    await change({ failAt: '' });
    await deployed();
    expect((await readAccount()).workers.trimtab.secrets).toEqual(written);
  });

  test("keeps an operator's own lines in the backend's file, and the address that they gave the edge", async () => {
    await deployed({ backendUrl: BACKEND });
    const path = join(kept(), 'backend.env');
    const own = `${await readFile(path, 'utf8')}# ours\nLIBSQL_URL=https://db.shop.dev`;
    await writeFile(path, own.replace(edgeUrl(), 'https://edge.shop.dev'));
    await deployed({ rotate: ['SECRET_KEYS'] });
    const text = await readFile(path, 'utf8');
    expect(text).toContain('\n# ours\nLIBSQL_URL=https://db.shop.dev');
    expect(await fileOf('backend.env')).toMatchObject({
      TRIMTAB_EDGE_URL: 'https://edge.shop.dev',
      LIBSQL_URL: 'https://db.shop.dev',
    });
  });

  test('moves the backend where that is asked for', async () => {
    await deployed({ backendUrl: BACKEND });
    expect(await deployed({ backendUrl: 'https://other.shop.dev' })).toMatchObject({
      set: ['BACKEND_URL'],
      made: [],
    });
    expect((await readAccount()).workers.trimtab.secrets.BACKEND_URL).toBe(
      'https://other.shop.dev',
    );
  });
});

describe('a secret that exists', () => {
  test('is set anew by name only: rotated beside the old one, or pushed from the file', async () => {
    await deployed({ backendUrl: BACKEND });
    const { TOKEN_SECRET: old, ...others } = (await readAccount()).workers.trimtab.secrets;
    await deployed({ rotate: ['TOKEN_SECRET'] });
    const rotated = (await readAccount()).workers.trimtab.secrets;
    const [fresh, before] = rotated.TOKEN_SECRET.split(',');
    expect(before).toBe(old);
    expect(fresh).not.toBe(old);
    expect(rotated).toMatchObject(others);

    const path = join(kept(), 'edge.env');
    await writeFile(path, (await readFile(path, 'utf8')).replace(`,${old}`, ''));
    expect(await deployed()).toMatchObject({ set: [] });
    expect(await deployed({ push: ['TOKEN_SECRET'] })).toMatchObject({ set: ['TOKEN_SECRET'] });
    expect((await readAccount()).workers.trimtab.secrets.TOKEN_SECRET).toBe(fresh);
  });

  test('is not guessed where the file that held it is gone, and said to be unknown', async () => {
    await deployed({ backendUrl: BACKEND });
    const { secrets } = (await readAccount()).workers.trimtab;
    await rm(kept(), { recursive: true });
    const result = await deployed();
    expect(result).toMatchObject({ set: [], answer: undefined });
    expect(result.unknown).toEqual([
      'PUBLISHABLE_KEYS',
      'SECRET_KEYS',
      'TOKEN_SECRET',
      'INGEST_SECRET',
      'IDENTITY_SECRET',
      'USER_SECRET',
    ]);
    expect((await readAccount()).workers.trimtab.secrets).toEqual(secrets);
  });

  test('the key of ids is neither made beside an ingest secret that it is derived from, nor rotated', async () => {
    const secrets = {
      PUBLISHABLE_KEYS: 'pk_0123456789abcdef',
      SECRET_KEYS: 'sk_0123456789abcdef',
      TOKEN_SECRET: 'token of the first days',
      INGEST_SECRET: 'ingest of the first days',
      USER_SECRET: 'users of the first days',
      BACKEND_URL: BACKEND,
    };
    await change({ workers: { trimtab: { secrets, namespaces: {} } } });
    await deployed();
    expect((await readAccount()).workers.trimtab.secrets).toEqual(secrets);
    await expect(deployed({ rotate: ['INGEST_SECRET'] })).rejects.toThrow('derived');
    await expect(deployed({ rotate: ['IDENTITY_SECRET'] })).rejects.toThrow('new person');
    await expect(deployed({ push: ['TOKEN_SECRET'] })).rejects.toThrow('does not hold it');
    await expect(deployed({ rotate: ['TOKEN'] })).rejects.toThrow('there is no secret "TOKEN"');
    expect((await readAccount()).workers.trimtab.secrets).toEqual(secrets);
  });

  test('of the file alone is refused by the edge, and that is said', async () => {
    await deployed({ backendUrl: BACKEND });
    const path = join(kept(), 'edge.env');
    const other = (await readFile(path, 'utf8')).replace(
      /^SECRET_KEYS=.*/m,
      'SECRET_KEYS=sk_of_another_edge',
    );
    await writeFile(path, other);
    expect(await deployed()).toMatchObject({ answer: { is: 'refused', why: '401 {}' } });
  });
});

test('staging beside production has a Worker, namespaces, secrets and files of its own', async () => {
  await deployed({ backendUrl: BACKEND });
  const production = await fileOf('edge.env');
  await deployed({ name: 'trimtab-staging', backendUrl: 'https://staging.shop.dev' });
  const { namespaces, workers } = await readAccount();
  expect(namespaces).toEqual([
    'trimtab-weights',
    'trimtab-catalogue',
    'trimtab-staging-weights',
    'trimtab-staging-catalogue',
  ]);
  expect(workers.trimtab.secrets).toEqual(production);
  const staging = Object.values(await fileOf('edge.env', 'trimtab-staging'));
  expect(staging.filter((value) => Object.values(production).includes(value))).toEqual([]);
});

test('without secrets, as in CI, the code alone is deployed, and what is missing is named', async () => {
  const result = await deployed({ codeOnly: true });
  expect(result.missing).toHaveLength(6);
  expect((await readAccount()).workers.trimtab.secrets).toEqual({});
  await expect(stat(kept())).rejects.toThrow('ENOENT');
});

describe('a dry run', () => {
  /** The real wrangler, which builds the real Worker, without an account. */
  const real = (config?: string) =>
    wranglerOf({ name: 'trimtab', env: { PATH: process.env.PATH }, config, onLine: () => {} });

  test('builds the Worker of wrangler.toml, by the command that people type', async () => {
    expect(WORKER).toEqual({
      name: 'trimtab',
      provisioned: ['WEIGHTS', 'CATALOGUE'],
      placeholders: [],
    });
    const cli = (backendUrl: string) =>
      runCli(['deploy', '--dry-run', '--backend-url', backendUrl], { TRIMTAB_DIR: folder });
    const { exitCode, stdout, stderr } = await cli(BACKEND);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('trimtab-weights and trimtab-catalogue are made');
    expect(stderr).toContain('--dry-run: exiting now');
    await expect(stat(kept())).rejects.toThrow('ENOENT');
    expect(await cli('https://backend.example.com')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is a placeholder'),
    });
  });

  test('says what wrangler says of a Worker that cannot be built', async () => {
    const config = join(folder, 'wrangler.toml');
    await writeFile(join(folder, 'worker.ts'), "import './absent.ts';\nexport default {};\n");
    await writeFile(
      config,
      'name = "trimtab"\nmain = "worker.ts"\ncompatibility_date = "2026-11-01"\n',
    );
    const broken = optionsOf({ backendUrl: BACKEND, wrangler: real(config) });
    await expect(dryRun(broken)).rejects.toThrow('absent.ts');
  });

  test('refuses placeholders, with the remedy, and so does a deployment', async () => {
    const config = join(folder, 'wrangler.toml');
    const namespaces = [
      '00000000000000000000000000000001',
      '<your id>',
      '0f2ac74b498b48028cb68387c421e279',
    ];
    const bindings = namespaces.map(
      (id, i) => `[[kv_namespaces]]\nbinding = "KV_${i}"\nid = "${id}"`,
    );
    await writeFile(config, `name = "trimtab"\n${bindings.join('\n')}\n`);
    const worker = await readWorkerConfig(config);
    expect(worker.placeholders).toEqual(['KV_0', 'KV_1']);
    const options = optionsOf({ worker, backendUrl: BACKEND });
    await expect(dryRun(options)).rejects.toThrow('leave the line out');
    await expect(deploy(options)).rejects.toThrow('the id of KV_1 in wrangler.toml');
    expect((await readAccount()).calls).toEqual([]);
  });

  test.each([
    ['http://rank.shop.dev', 'is not https'],
    ['https://backend.example.com', 'is a placeholder'],
    ['https://localhost:8788', 'cannot reach'],
    ['https://192.168.1.4', 'cannot reach'],
    ['https://[::1]:8788', 'cannot reach'],
    ['https://user:pass@rank.shop.dev', 'no user'],
    ['rank.shop.dev', 'no URL'],
  ])('refuses %s as the backend: %s', async (backendUrl, why) => {
    await expect(dryRun(optionsOf({ backendUrl }))).rejects.toThrow(why);
  });

  test('refuses a name that no Worker can have, and a backend that nobody names', async () => {
    await expect(dryRun(optionsOf({ name: '../up', backendUrl: BACKEND }))).rejects.toThrow(
      'no name',
    );
    await expect(dryRun(optionsOf())).rejects.toThrow('--backend-url');
  });
});

describe("what Cloudflare's deploy button reads", () => {
  const read = (file: string) =>
    readFile(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), 'utf8');

  test('.dev.vars.example asks for each secret of the Worker, and holds none', async () => {
    const asked = parseEnv(await read('.dev.vars.example'));
    expect(asked).toEqual(Object.fromEntries(EDGE_SECRETS.map((name) => [name, ''])));
  });

  test('package.json describes each secret and what wrangler.toml stores in, and nothing else', async () => {
    const { cloudflare, scripts } = JSON.parse(await read('package.json')) as {
      cloudflare: { bindings: Record<string, { description: string }> };
      scripts: Record<string, string>;
    };
    const config = await read('wrangler.toml');
    const stores = [...config.matchAll(/^(?:binding|name) = "([A-Z_]+)"$/gm)]
      .map(([, name]) => name)
      .filter((name) => !name.startsWith('RATE_'));
    expect(Object.keys(cloudflare.bindings).toSorted()).toEqual(
      [...stores, ...EDGE_SECRETS].toSorted(),
    );
    for (const { description } of Object.values(cloudflare.bindings))
      expect(description).toMatch(/^[A-Zh].{20,}\.$/);
    expect(scripts.deploy).toContain('deploy');
  });

  test('the Worker stands at the root by itself: its name, its entry, and a migration for each Durable Object', async () => {
    const config = await read('wrangler.toml');
    expect(config).toMatch(/^name = "trimtab"$/m);
    const [, main] = /^main = "([^"]+)"$/m.exec(config)!;
    expect(main).not.toContain('..');
    expect((await read(main)).length).toBeGreaterThan(0);
    const objects = [...config.matchAll(/^class_name = "(\w+)"$/gm)].map(([, name]) => name);
    const migrated = [...config.matchAll(/^new_sqlite_classes = (.*)$/gm)].flatMap(
      ([, list]) => JSON.parse(list) as string[],
    );
    expect(migrated.toSorted()).toEqual(objects.toSorted());
    // A namespace of an account cannot be that of another one's.
    expect(config).not.toMatch(/^id = /m);
  });

  test('the button is written as Cloudflare asks for it: with the address of package.json where there is one, else for those who have a copy', async () => {
    const { repository } = JSON.parse(await read('package.json')) as {
      repository?: { url: string } | string;
    };
    const known = typeof repository === 'string' ? repository : repository?.url;
    const address = known?.replace(/^git\+/, '').replace(/\.git$/, '');
    const button = `[![Deploy to Cloudflare](https://deploy.workers.cloudflare.com/button)](https://deploy.workers.cloudflare.com/?url=${address ?? 'https://github.com/YOU/trimtab'})`;
    expect(await read(address === undefined ? 'docs/operating.md' : 'README.md')).toContain(button);
  });
});
