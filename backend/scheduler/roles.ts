/** What a backend may do. All that share a database do each of these together. */
export const ROLES = ['serve', 'ingest', 'train'] as const;
export type RoleName = (typeof ROLES)[number];

/** Whether it is some of them, each once, as one backend has them. */
export const areRoles = (names: readonly string[]): names is readonly RoleName[] =>
  names.length > 0 &&
  names.every((name) => (ROLES as readonly string[]).includes(name)) &&
  new Set(names).size === names.length;
