import type { ServedLayer } from './experiment.ts';
import { isVersion, type Version } from './ids.ts';
import { isServedLayers } from './served-layers.ts';

/**
 * What is live: the value of the `active` key in the WEIGHTS namespace.
 * Ops write a bare version id; the publisher writes JSON that says who and when.
 */
export interface Pointer {
  readonly champion: Version;
  /** `<experiment>:<arm>` → version, of experiments and canaries; an arm that is not named serves the champion. */
  readonly arms?: Readonly<Record<string, Version>>;
  /** Who is in which arm. In this order: the first that changes something claims it. */
  readonly layers?: readonly ServedLayer[];
  /** Scored beside what is shown to a share of the sessions, and logged. */
  readonly shadow?: { readonly version: Version; readonly share: number };
  /** True while the publisher must not move the pointer. */
  readonly hold?: boolean;
  readonly by?: string;
  /** Epoch ms. */
  readonly at?: number;
}

/** A bare version id reads as a hold: somebody moved the pointer by hand. @returns undefined if it is neither form; never throws. */
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
  const { champion, arms, layers, shadow, hold, by, at } = value as Record<string, unknown>;
  if (!isVersion(champion)) return undefined;
  if (arms !== undefined && !isArms(arms)) return undefined;
  if (layers !== undefined && !isServedLayers(layers)) return undefined;
  if (shadow !== undefined && !isShadow(shadow)) return undefined;
  return {
    champion,
    ...(arms === undefined ? {} : { arms }),
    ...(layers === undefined ? {} : { layers }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(hold === true ? { hold } : {}),
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof at === 'number' ? { at } : {}),
  };
}

function isArms(value: unknown): value is Record<string, Version> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isVersion);
}

function isShadow(value: unknown): value is Pointer['shadow'] {
  if (typeof value !== 'object' || value === null) return false;
  const { version, share } = value as Record<string, unknown>;
  return isVersion(version) && typeof share === 'number' && share >= 0 && share <= 1;
}

/** What is live in the CATALOGUE namespace: the value of its `active` key. */
export interface SnapshotPointer {
  readonly hash: string;
  readonly parts: number;
  readonly sizeBytes: number;
  /** Epoch ms. */
  readonly at: number;
}

export function parseSnapshotPointer(text: string): SnapshotPointer | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const { hash, parts, sizeBytes, at } = value;
    const whole = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
    if (
      typeof hash === 'string' &&
      /^[0-9a-f]{16,64}$/.test(hash) &&
      whole(parts) &&
      whole(sizeBytes) &&
      whole(at)
    ) {
      return value as unknown as SnapshotPointer;
    }
  } catch {
    // Not JSON: the same answer as JSON of another shape.
  }
  return undefined;
}
