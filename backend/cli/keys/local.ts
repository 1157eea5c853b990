import { readEnvironment } from '../../config/environment.ts';
import { readKeys, type Keys } from '../../config/keys.ts';
import { stateDir } from '../../config/state-dir.ts';
import { facts } from '../../../shared/text/text.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { localVerb } from '../command/verb.ts';

export const keysVerb = () =>
  localVerb('keys', 'show the keys of this machine')
    .option('--env', 'print shell exports, for eval')
    .option('--identity-secret', 'print the secret that ids are keyed by, set or derived')
    .action(keys);

/** The same, where it stands among what is done with keys. */
export const localKeysVerb = () => keysVerb().name('local');

interface Options {
  readonly env?: boolean;
  readonly identitySecret?: boolean;
  readonly json?: boolean;
}

function keys(options: Options): void {
  if (options.identitySecret === true) {
    // As the backend reads it, which may have its secrets from the environment.
    const [identitySecret] = readEnvironment(process.env).identitySecrets;
    return print({ identitySecret }, () => identitySecret, options);
  }
  const { publishableKey, secretKey } = localKeys();
  print(
    { publishableKey, secretKey },
    () =>
      options.env === true
        ? `export TRIMTAB_KEY=${secretKey}\nexport TRIMTAB_PUBLISHABLE_KEY=${publishableKey}`
        : facts([
            ['publishable', publishableKey],
            ['secret', secretKey],
            ['in', stateDir().keys],
          ]),
    options,
  );
}

/** @throws CliError where there are none. */
function localKeys(): Keys {
  const state = stateDir();
  const found = readKeys(state);
  if (found !== undefined) return found;
  throw new CliError(
    `there are no keys in ${state.path}: "npm start" makes them, or set TRIMTAB_DIR`,
  );
}
