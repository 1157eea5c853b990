import type { Command } from 'commander';
import { version } from './arguments.ts';
import { movePointer } from './live-weights.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export const rollbackCommand = (): Command =>
  backendVerb('rollback', 'give everyone a version at once, and hold it until released')
    .argument('<version>', 'like v000041; v000000 is the rules', version)
    .action((to: string, options: VerbOptions) => movePointer(`${to}/rollback`, options));
