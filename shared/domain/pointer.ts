import { isApprenticeships, type Apprenticeships } from './apprentice.ts';
import type { ServedLayer } from './experiment.ts';
import { isVersion, type Version } from './ids.ts';
import { isArms, isShadow, readLineages, type Lineages } from './lineage.ts';
import { readServedRules, type ServedRule } from './placed-rules.ts';
import { isPlacement, type Placement } from './placement.ts';
import { isServedLayers } from './served-layers.ts';

/**
 * The pointer: the value of the WEIGHTS key `active`, which says what is live. Operators write a bare version id; the
 * publisher writes JSON that also says who moved the pointer and when.
 */
export interface Pointer {
  readonly champion: Version;
  /** What it is live for; absent: `main`. */
  readonly placement?: Placement;
  /**
   * Version by arm key `<experiment>:<arm>`, for experiments and
   * canaries; an arm without an entry serves the champion.
   */
  readonly arms?: Readonly<Record<string, Version>>;
  /** Assignment to arms. If two experiments change the same parameter, the one in the earlier layer gets it. */
  readonly layers?: readonly ServedLayer[];
  /**
   * Where an experiment is of some placements only: `layers`, and those experiments among them. An edge from before there were any does not
   * read it, and shows none of them to anybody.
   */
  readonly placedLayers?: readonly ServedLayer[];
  /** Shadow scoring: for this share of the sessions, 0..1, the version is also scored and its slate is logged. */
  readonly shadow?: { readonly version: Version; readonly share: number };
  /** Where the site keeps its own order, and Trimtab is an apprentice, by placement; a hold changes nothing of it. */
  readonly apprentice?: Apprenticeships;
  /** What operators ask of slates; a hold changes nothing of it. */
  readonly slateRules?: readonly ServedRule[];
  /**
   * What is live at placements with a lineage of their own; all that stands beside it is of the default lineage. An edge from before there
   * were any does not read it, and serves the default lineage everywhere.
   */
  readonly placements?: Lineages;
  /** True while the publisher must not move the pointer and experiments pause. */
  readonly hold?: boolean;
  readonly by?: string;
  /** Epoch ms. */
  readonly at?: number;
  /**
   * Number of this pointer, 1 to 2³² − 1; each that a backend publishes has a higher one than all before it. What is
   * assigned by a pointer is counted under its revision, because no clock says when an isolate began to follow it.
   * Absent where the pointer was written by hand: only the backend knows which number was never given.
   */
  readonly revision?: number;
}

/** The highest revision that a pointer can have: it is logged as 32 bits. */
export const MAX_REVISION = 0xffff_ffff;

/**
 * Parses the value of the WEIGHTS key `active`. A bare version id means that somebody moved the pointer by hand, and
 * puts it on hold.
 * @returns undefined if the text is neither form; never throws.
 */
export function parsePointer(text: string): Pointer | undefined {
  const trimmed = text.trim();
  if (isVersion(trimmed)) return { champion: trimmed, hold: true };
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { champion, placement, arms, layers, shadow, apprentice, hold, by, at, revision } =
    value as Record<string, unknown>;
  const { slateRules: rules, placements, placedLayers } = value as Record<string, unknown>;
  const slateRules = readServedRules(rules);
  const lineages = readLineages(placements);
  if (!isVersion(champion)) return undefined;
  if (placement !== undefined && !isPlacement(placement)) return undefined;
  if (arms !== undefined && !isArms(arms)) return undefined;
  if (layers !== undefined && !isServedLayers(layers)) return undefined;
  if (placedLayers !== undefined && !isServedLayers(placedLayers)) return undefined;
  if (lineages === 'unreadable') return undefined;
  if (shadow !== undefined && !isShadow(shadow)) return undefined;
  if (apprentice !== undefined && !isApprenticeships(apprentice)) return undefined;
  return {
    champion,
    ...(placement === undefined ? {} : { placement }),
    ...(arms === undefined ? {} : { arms }),
    ...(layers === undefined ? {} : { layers }),
    ...(placedLayers === undefined ? {} : { placedLayers }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(apprentice === undefined ? {} : { apprentice }),
    ...(slateRules === undefined ? {} : { slateRules }),
    ...(lineages === undefined ? {} : { placements: lineages }),
    ...(hold === true ? { hold } : {}),
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof at === 'number' ? { at } : {}),
    ...(isRevision(revision) ? { revision } : {}),
  };
}

const isRevision = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_REVISION;

/**
 * The pointer to the live snapshot: the value of the CATALOGUE key `active`. That to the learned columns is the same, under the key
 * `learned`.
 */
export interface SnapshotPointer {
  readonly hash: string;
  /** Number of parts, stored under `s/<hash>/0` and following; those of learned columns under `l/<hash>/0`. */
  readonly parts: number;
  readonly sizeBytes: number;
  /** Epoch ms. */
  readonly at: number;
  /**
   * Of a snapshot without items: there were some, and somebody took all of them away. Without this mark it is the
   * catalogue of a system whose first items are still on their way.
   */
  readonly emptied?: boolean;
  /**
   * Of a snapshot to which few changes were made: what leads from the bytes under `hash`, in this order, to the catalogue that is live.
   * An edge that knows no patches ranks with these bytes alone.
   */
  readonly patches?: readonly PatchRef[];
}

/** A patch, stored under `p/<hash>/0`. */
export interface PatchRef {
  readonly hash: string;
  readonly sizeBytes: number;
  /** Hash of the snapshot that it leads to: that of the whole catalogue, as if it was published at once. */
  readonly to: string;
}

/** More are never published: each is a read for an isolate that starts. */
export const MOST_PATCHES = 16;

/** The hash of the catalogue that a pointer makes live, whether it is published as a whole or in patches. */
export const liveHash = ({ hash, patches }: Pick<SnapshotPointer, 'hash' | 'patches'>): string =>
  patches?.at(-1)?.to ?? hash;

const HASH = /^[0-9a-f]{16,64}$/;
const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value);
const isWhole = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

function isPatches(value: unknown): value is readonly PatchRef[] {
  return (
    Array.isArray(value) &&
    value.length <= 4 * MOST_PATCHES &&
    value.every(
      (patch: Partial<Record<keyof PatchRef, unknown>> | null) =>
        isHash(patch?.hash) && isHash(patch.to) && isWhole(patch.sizeBytes),
    )
  );
}

export function parseSnapshotPointer(text: string): SnapshotPointer | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const { hash, parts, sizeBytes, at, emptied, patches = [] } = value;
    if (isHash(hash) && isWhole(parts) && isWhole(sizeBytes) && isWhole(at) && isPatches(patches)) {
      return {
        hash,
        parts,
        sizeBytes,
        at,
        ...(emptied === true && { emptied }),
        ...(patches.length > 0 && {
          patches: patches.map(({ hash: own, sizeBytes: bytes, to }) => ({
            hash: own,
            sizeBytes: bytes,
            to,
          })),
        }),
      };
    }
  } catch {
    // Text that is not JSON is treated like JSON of another shape.
  }
  return undefined;
}
