import type { Command } from 'commander';
import { version } from './arguments.ts';
import { movePointer } from './live-weights.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export const promoteCommand = (): Command =>
  backendVerb('promote', 'make a version the champion at once, without the rest of its rollout')
    .argument('<version>', 'like v000041', version)
    .action((to: string, options: VerbOptions) => movePointer(`${to}/promote`, options));
