import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureKeys, readKeys } from '../../../backend/config/keys.ts';
import { stateDir, type StateDir } from '../../../backend/config/state-dir.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const [KEYS_MODULE, STATE_MODULE] = ['keys', 'state-dir'].map(
  (name) => new URL(`../../../backend/config/${name}.ts`, import.meta.url).href,
);

const LONG = {
  publishableKey: 'pk_long_enough_for_all',
  secretKey: 'sk_long_enough_for_all',
  tokenSecret: 'token secret long enough',
  ingestSecret: 'ingest secret long enough',
};

let state: StateDir;
beforeEach(() => {
  state = stateDir(temporaryFolder());
});

describe('the local keys', () => {
  it('are made once, tell what they open, and stay', () => {
    expect(readKeys(state)).toBeUndefined();
    const made = ensureKeys(state);
    expect(made.publishableKey).toMatch(/^pk_[\w-]{32}$/);
    expect(made.secretKey).toMatch(/^sk_[\w-]{32}$/);
    expect(new Set(Object.values(made)).size).toBe(6);
    expect(ensureKeys(state)).toEqual(made);
    expect(readKeys(state)).toEqual(made);
  });

  it('may lack the secret of keyed ids, as files from before there were any do', () => {
    const { identitySecret: _, ...old } = ensureKeys(state);
    writeFileSync(state.keys, JSON.stringify(old));
    expect(ensureKeys(state)).toEqual(old);
  });

  it('are the same for all of several first starts at once', async () => {
    const program = `import { ensureKeys } from ${JSON.stringify(KEYS_MODULE)};
      import { stateDir } from ${JSON.stringify(STATE_MODULE)};
      process.once('message', () => process.send(ensureKeys(stateDir(process.argv[1]))));
      process.send('ready');`;
    for (let round = 0; round < 3; round++) {
      const folder = join(temporaryFolder(), 'state');
      const children = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program, folder], {
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        }),
      );
      await Promise.all(children.map((child) => once(child, 'message')));
      const answers = children.map((child) =>
        Promise.race([once(child, 'message'), once(child, 'exit')]),
      );
      for (const child of children) child.send('start');
      const made = (await Promise.all(answers)).map(([keys]) => keys as unknown);
      for (const child of children) child.kill();
      expect(made).toEqual(children.map(() => readKeys(stateDir(folder))));
      expect(readdirSync(folder)).toEqual(['keys.json']);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
  });

  it('can be read by their owner only', () => {
    ensureKeys(state);
    expect(statSync(state.keys).mode & 0o077).toBe(0);
  });

  it.each([
    ['is not JSON', '{', 'is not JSON: put it right, or delete it for new keys'],
    [
      'lacks some',
      '{"publishableKey":"pk_1","secretKey":""}',
      'lacks secretKey, tokenSecret, ingestSecret',
    ],
    [
      'has a short one',
      JSON.stringify({ ...LONG, secretKey: 'sk_1' }),
      'secretKey has 4 characters and must have at least 16',
    ],
    [
      'has one key for both roles',
      JSON.stringify({ ...LONG, secretKey: LONG.publishableKey }),
      'publishableKey and secretKey must differ',
    ],
  ])('are not made anew over a file that %s', (_, text, message) => {
    writeFileSync(state.keys, text);
    expect(() => ensureKeys(state)).toThrow(message);
  });
});
