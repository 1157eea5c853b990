import type { ServedLayer } from './experiment.ts';
import { isVersion, type Version } from './ids.ts';
import { isPlacement } from './placement.ts';
import { isServedLayers } from './served-layers.ts';

/**
 * What is live of one lineage: a line of versions, each trained from rankings of its placement and compared with the one before. The
 * default lineage, which the fields of a pointer itself are of, has all placements without one of their own.
 */
export interface Lineage {
  readonly champion: Version;
  /** As `Pointer.arms`; keys are unique among all lineages. */
  readonly arms?: Readonly<Record<string, Version>>;
  readonly layers?: readonly ServedLayer[];
  readonly shadow?: { readonly version: Version; readonly share: number };
  /** Nothing else goes live at this placement until it is released. */
  readonly hold?: boolean;
  /** Who made the champion live, and when in epoch ms. */
  readonly by?: string;
  readonly at?: number;
}

/** By placement. */
export type Lineages = Readonly<Record<string, Lineage>>;

/** The most that one pointer may have: an isolate asks for the weights of each whenever it refreshes. */
export const MOST_LINEAGES = 16;

/** The lineage of a placement; undefined where it has none of its own. */
export const lineageAt = (lineages: Lineages | undefined, placement: string): Lineage | undefined =>
  lineages !== undefined && Object.hasOwn(lineages, placement) ? lineages[placement] : undefined;

/** A lineage whose fields have one order, as pointers are compared as text. */
export const lineageOf = ({ champion, arms, layers, shadow, hold, by, at }: Lineage): Lineage => ({
  champion,
  ...(arms && { arms }),
  ...(layers && { layers }),
  ...(shadow && { shadow }),
  ...(hold === true && { hold }),
  ...(by !== undefined && { by }),
  ...(at !== undefined && { at }),
});

/**
 * Reads the `placements` of a pointer.
 * @returns undefined where there are none, `unreadable` where one of them cannot be served: edges then keep what they have.
 */
export function readLineages(value: unknown): Lineages | undefined | 'unreadable' {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'unreadable';
  const entries = Object.entries(value);
  if (entries.length > MOST_LINEAGES) return 'unreadable';
  const lineages: [string, Lineage][] = [];
  for (const [placement, entry] of entries) {
    const lineage = isPlacement(placement) ? readLineage(entry) : undefined;
    if (lineage === undefined) return 'unreadable';
    lineages.push([placement, lineage]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(lineages);
}

function readLineage(value: unknown): Lineage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { champion, arms, layers, shadow, hold, by, at } = value as Record<string, unknown>;
  if (!isVersion(champion)) return undefined;
  if (arms !== undefined && !isArms(arms)) return undefined;
  if (layers !== undefined && !isServedLayers(layers)) return undefined;
  if (shadow !== undefined && !isShadow(shadow)) return undefined;
  return lineageOf({
    champion,
    ...(arms && { arms }),
    ...(layers && { layers }),
    ...(shadow && { shadow }),
    ...(hold === true && { hold }),
    ...(typeof by === 'string' && { by }),
    ...(typeof at === 'number' && { at }),
  });
}

/** Whether a pointer's `arms` can be used. */
export const isArms = (value: unknown): value is Record<string, Version> =>
  typeof value === 'object' && value !== null && Object.values(value).every(isVersion);

/** Whether a pointer's `shadow` can be used. */
export function isShadow(value: unknown): value is NonNullable<Lineage['shadow']> {
  if (typeof value !== 'object' || value === null) return false;
  const { version, share } = value as Record<string, unknown>;
  return isVersion(version) && typeof share === 'number' && share >= 0 && share <= 1;
}
