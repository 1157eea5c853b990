import type { Command } from 'commander';
import { movePointer } from './live-weights.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export const releaseCommand = (): Command =>
  backendVerb('release', 'lift the hold of a rollback; the champion stays').action(
    (options: VerbOptions) => movePointer('release', options),
  );
