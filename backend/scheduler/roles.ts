import { z } from 'zod';

/** What a backend may do. All that share a database do each of these together. */
export const ROLES = ['serve', 'ingest', 'train'] as const;
export type RoleName = (typeof ROLES)[number];

/** Of one backend: some of them, each once. */
export const roles = z
  .array(z.enum(ROLES))
  .min(1)
  .refine((names) => new Set(names).size === names.length, 'names one of them twice')
  .readonly();
