import type { Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';

/** Every version that an edge may have to load to serve by a pointer. */
export const versionsInPointer = ({ champion, arms = {}, shadow }: Pointer): Version[] => [
  ...new Set([champion, ...Object.values(arms), ...(shadow ? [shadow.version] : [])]),
];
