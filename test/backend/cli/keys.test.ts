import { expect, test } from 'vitest';
import { ensureKeys } from '../../../backend/config/keys.ts';
import { stateDir } from '../../../backend/config/state-dir.ts';
import { identityKey, identityKeys, identitySecrets } from '../../../shared/domain/identity.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runCli } from './support/cli.ts';

const state = () => {
  const TRIMTAB_DIR = temporaryFolder();
  return { settings: { TRIMTAB_DIR }, made: ensureKeys(stateDir(TRIMTAB_DIR)) };
};

test('the secret that ids are keyed by is told where it is derived too, so that it can be set and the ids stay', async () => {
  const { settings } = state();
  const env = {
    ...settings,
    TRIMTAB_INGEST_SECRET: 'a new ingest secret, the ingest secret of the first day',
  };
  const { stdout } = await runCli(['keys', '--identity-secret'], {
    ...env,
    TRIMTAB_IDENTITY_SECRET: 'one that is set by hand',
  });
  expect(stdout).toBe('one that is set by hand\n');
  const TRIMTAB_DIR = temporaryFolder();
  const derived = await runCli(['keys', '--identity-secret'], {
    TRIMTAB_DIR,
    TRIMTAB_SECRET_KEYS: 'sk_of_this_test_file',
    TRIMTAB_INGEST_SECRET: env.TRIMTAB_INGEST_SECRET,
  });
  const before = identityKeys(identitySecrets([], ['the ingest secret of the first day']));
  expect(identityKey(derived.stdout.trim()).fingerprint).toBe(before[0].fingerprint);
});

test('a key on the command line is taken, and warned about', async () => {
  const args = ['status', '--backend', 'http://127.0.0.1:9', '--key', 'sk_of_this_test_file'];
  const { stderr, exitCode } = await runCli(args, {});
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /^warning: everybody who may list the processes .* set TRIMTAB_KEY instead/,
  );
  expect(stderr).not.toContain('sk_of_this_test_file');
});
