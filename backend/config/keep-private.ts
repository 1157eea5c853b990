import { chmodSync, mkdirSync } from 'node:fs';
import type { StateDir } from './state-dir.ts';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY = 0o077;

/**
 * Keeps everything that this process and those that it starts will write (database, its log, KV, Durable Objects, training
 * data) to its owner, and the state directory too, which may be from before. To be called once, in the main thread.
 */
export function keepPrivate(state: StateDir): void {
  process.umask(OWNER_ONLY);
  mkdirSync(state.path, { recursive: true, mode: OWNER_ONLY_FOLDER });
  chmodSync(state.path, OWNER_ONLY_FOLDER);
}
