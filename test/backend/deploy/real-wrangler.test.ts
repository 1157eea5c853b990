import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deploy } from '../../../backend/deploy/deploy.ts';
import { readWorkerConfig, WRANGLER_CONFIG } from '../../../backend/deploy/worker-config.ts';
import { wranglerOf } from '../../../backend/deploy/wrangler.ts';
import { startCloudflareApi, type CloudflareApi } from './support/cloudflare-api.ts';

const NAME = 'trimtab-staging';
let api: CloudflareApi;
let folder: string;
beforeEach(async () => {
  [api, folder] = [await startCloudflareApi(NAME), await mkdtemp(join(tmpdir(), 'trimtab-real-'))];
});
afterEach(async () => {
  api.close();
  await rm(folder, { recursive: true });
});

test('the real wrangler makes namespaces once, sets secrets once, and leaves wrangler.toml as it is', async () => {
  const before = await readFile(WRANGLER_CONFIG, 'utf8');
  const deployed = async () =>
    deploy({
      worker: { ...(await readWorkerConfig()), name: NAME },
      wrangler: wranglerOf({
        name: NAME,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          CLOUDFLARE_API_BASE_URL: api.url,
          CLOUDFLARE_API_TOKEN: 'token of this test',
          CLOUDFLARE_ACCOUNT_ID: 'account',
        },
        onLine: () => {},
      }),
      folder,
      backendUrl: 'https://rank.shop.dev',
      rotate: [],
      push: [],
      codeOnly: false,
      edgeChecks: { tries: 0, waitMs: 0 },
      note: () => {},
    });

  expect(await deployed()).toMatchObject({
    edgeUrl: `https://${NAME}.shop.workers.dev`,
    unknown: [],
    missing: [],
  });
  expect(api.namespaces).toEqual([`${NAME}-weights`, `${NAME}-catalogue`]);
  expect(api.secrets).toEqual(parseEnv(await readFile(join(folder, 'edge.env'), 'utf8')));
  expect(Object.keys(api.secrets)).toHaveLength(7);

  const secrets = { ...api.secrets };
  expect(await deployed()).toMatchObject({ set: [], made: [] });
  expect(api.namespaces).toHaveLength(2);
  expect(api.secrets).toEqual(secrets);
  const kept = api.uploads[1].filter(({ name }) => ['WEIGHTS', 'CATALOGUE'].includes(name));
  expect(kept.map(({ type }) => type)).toEqual(['inherit', 'inherit']);
  expect(await readFile(WRANGLER_CONFIG, 'utf8')).toBe(before);
  expect(api.unknown).toEqual([]);
});
