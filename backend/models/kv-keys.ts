import type { Version } from '../../shared/domain/ids.ts';

/** Of both namespaces: the key that says what is live. */
export const ACTIVE_KEY = 'active';
/** Of the CATALOGUE namespace. */
export const LEARNED_KEY = 'learned';
/** Of the CATALOGUE namespace: which items are alike. */
export const RELATED_KEY = 'related';
export const versionKey = (version: Version): string => `w/${version}`;
/** @param prefix `s` of snapshots, `l` of learned columns, `r` of related items. */
export const partKey = (prefix: 's' | 'l' | 'r', hash: string, part: number): string =>
  `${prefix}/${hash}/${part}`;
/** Of a patch of a snapshot. */
export const patchKey = (hash: string): string => `p/${hash}/0`;
