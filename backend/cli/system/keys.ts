import { readKeys } from '../../config/keys.ts';
import { stateDir } from '../../config/state-dir.ts';
import { facts } from '../../../shared/text/text.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { localVerb } from '../command/verb.ts';

export const keysVerb = () =>
  localVerb('keys', 'show the local keys')
    .option('--env', 'print shell exports, for eval')
    .action(keys);

function keys(options: { env?: boolean; json?: boolean }): void {
  const state = stateDir();
  const found = readKeys(state);
  if (found === undefined) {
    throw new CliError(
      `there are no keys in ${state.path}: "npm start" makes them, or set TRIMTAB_DIR`,
    );
  }
  const { publishableKey, secretKey } = found;
  print(
    { publishableKey, secretKey },
    () =>
      options.env === true
        ? `export TRIMTAB_KEY=${secretKey}\nexport TRIMTAB_PUBLISHABLE_KEY=${publishableKey}`
        : facts([
            ['publishable', publishableKey],
            ['secret', secretKey],
            ['in', state.keys],
          ]),
    options,
  );
}
