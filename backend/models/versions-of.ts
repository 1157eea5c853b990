import type { Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';

/** All that an edge may have to load to serve a pointer. */
export const versionsOf = ({ champion, arms = {}, shadow }: Pointer): Version[] => [
  ...new Set([champion, ...Object.values(arms), ...(shadow ? [shadow.version] : [])]),
];
