import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { needs, type Needs } from './needs.ts';

/** Real data and expected values lie beside the checkout; tests that need them skip, and say so, where they are absent. */
const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));

export const sharedFile = (path: string): string => `${SHARED}${path}`;
export const hasShared = (path: string): boolean => existsSync(sharedFile(path));

/** Why tests of this file cannot run; empty where it is there. */
export const unlessShared = (path: string): string =>
  hasShared(path) ? '' : `../shared/${path} is absent`;
export const needsShared = (...paths: readonly string[]): Needs =>
  needs(paths.map(unlessShared).find((reason) => reason !== '') ?? '');

/** Expected values of other tools; none where the file is absent. */
export const readVectors = <Case>(path: string): readonly Case[] =>
  hasShared(path)
    ? (JSON.parse(readFileSync(sharedFile(path), 'utf8')) as { cases: readonly Case[] }).cases
    : [];
