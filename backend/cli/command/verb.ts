import { Command } from 'commander';
import type { BackendOptions } from '../../client/backend-client.ts';
import { note } from '../../client/print.ts';

const KEY_IS_SHOWN =
  'warning: everybody who may list the processes of this machine sees the key after --key: set TRIMTAB_KEY instead';

export interface VerbOptions extends BackendOptions {
  readonly json?: boolean;
}

/** A verb that works without a backend. */
export const localVerb = (name: string, description: string): Command =>
  new Command(name).description(description).option('--json', 'print JSON, for machines');

/** A verb that talks to a backend: all of them take the same three options. */
export const backendVerb = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .option(
      '--backend <url>',
      'backend to talk to (env TRIMTAB_BACKEND; default: the one that runs in this folder)',
    )
    .option(
      '--key <sk_…>',
      'secret key; better TRIMTAB_KEY, as others see what is typed (default: the local one)',
    )
    .option('--json', 'print JSON, for machines')
    .on('option:key', () => note(KEY_IS_SHOWN));
