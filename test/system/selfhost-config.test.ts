import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeConfig } from '../../edge/selfhost/config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('the configuration of workerd, which holds the secrets, and its storage are their owner’s only, also where they were not', async () => {
  const dir = temporaryFolder();
  const [config, storage] = [join(dir, 'config.capnp'), join(dir, 'storage')];
  writeFileSync(config, 'of the version before');
  mkdirSync(storage);
  chmodSync(config, 0o644);
  chmodSync(storage, 0o755);
  expect(await writeConfig({ dir, port: 1, env: { TOKEN_SECRET: 'a-secret' } })).toBe(config);
  expect([config, storage].map((path) => statSync(path).mode & 0o077)).toEqual([0, 0]);
});
