import { Command } from 'commander';
import type { BackendOptions } from '../client/backend-client.ts';

export interface VerbOptions extends BackendOptions {
  readonly json?: boolean;
}

/** A verb that talks to a backend: every one takes the same three options. */
export function backendVerb(usage: string, description: string): Command {
  return new Command(usage)
    .description(description)
    .option('--backend <url>', 'backend to talk to (env TRIMTAB_BACKEND)')
    .option('--key <sk_…>', 'secret key (env TRIMTAB_KEY; else the local one)')
    .option('--json', 'print JSON, for machines');
}
