import { createRequire } from 'node:module';

/**
 * The binary itself, so that a pid is workerd's: `workerd/bin/workerd` is a Node script that starts it wherever the
 * package's install script did not run, as is so here.
 */
export const workerdBinary = (
  createRequire(import.meta.url)('workerd') as { readonly default: string }
).default;
