import { invalid } from './errors.ts';
import { shown } from './shown.ts';

/** Where a ranking is shown, such as `home` or `search`: it becomes part of keys and file names. */
export type Placement = string & { readonly __brand: 'Placement' };

export const DEFAULT_PLACEMENT = 'main' as Placement;

const PLACEMENT = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export const isPlacement = (value: unknown): value is Placement =>
  typeof value === 'string' && PLACEMENT.test(value);

/** @throws ApiError 400. */
export function parsePlacement(value: unknown): Placement {
  if (isPlacement(value)) return value;
  throw invalid(
    `placement must be 1 to 64 lower-case letters, digits, "-" and "_", but was ${shown(value)}`,
  );
}
