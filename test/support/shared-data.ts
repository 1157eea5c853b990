import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Real data and expected values lie beside the checkout; tests that need them skip, and say so, where they are absent. */
const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));

export const sharedFile = (path: string): string => `${SHARED}${path}`;
export const hasShared = (path: string): boolean => existsSync(sharedFile(path));
/** Put it in the test's name, so that a skip carries its reason. */
export const unless = (path: string): string =>
  hasShared(path) ? '' : ` (skipped: ../shared/${path} is absent)`;

/** Expected values of other tools; none where the file is absent. */
export const readVectors = <Case>(path: string): readonly Case[] =>
  hasShared(path)
    ? (JSON.parse(readFileSync(sharedFile(path), 'utf8')) as { cases: readonly Case[] }).cases
    : [];
