import type { Version } from '../../shared/domain/ids.ts';
import type { Lineage } from '../../shared/domain/lineage.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';

/** Every version that an edge may have to load to serve by a pointer. */
export const versionsInPointer = ({ placements = {}, ...own }: Pointer): Version[] => [
  ...new Set([own, ...Object.values(placements)].flatMap(versionsOf)),
];

const versionsOf = ({ champion, arms = {}, shadow }: Lineage): Version[] => [
  champion,
  ...Object.values(arms),
  ...(shadow ? [shadow.version] : []),
];
