import { ApiError } from '../../shared/domain/errors.ts';
import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { parseLoggedRequest } from '../../shared/domain/logged-request.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import { rankSlate, type Slate } from '../../shared/score/rank.ts';
import type { Published } from './published.ts';
import { publishedTables } from './published-tables.ts';

/** A logged ranking, as far as it is needed to draw it again. */
export interface LoggedSlate {
  /** Epoch ms. */
  readonly at: number;
  readonly seed: number;
  readonly limit: number;
  readonly exploration: ExplorationSpec;
  /** JSON. */
  readonly request: string;
  readonly itemIds: readonly string[];
  /** Fixed-point. */
  readonly units: readonly number[];
  readonly raises: readonly number[] | null;
  readonly boosts: readonly number[] | null;
  readonly pinned: Uint8Array | null;
  readonly propensities: readonly number[];
  readonly codes: Uint8Array;
}

/** Whether a ranking drawn again from the log is the one that was shown. */
export interface Rebuilt {
  /** `same`: items, scores, raises, boosts, pins, probabilities and codes are equal, bit for bit. */
  readonly kind: 'same' | 'differs';
  /** Which of them are not. */
  readonly in: readonly string[];
}

/** Draws a logged slate again. @param published what it was ranked with. @throws ApiError where its request cannot be read any more. */
export function rebuild(logged: LoggedSlate, published: Published): Rebuilt {
  const scorer = scorerFromBytes(published.scorer);
  const request = parseLoggedRequest(JSON.parse(logged.request));
  const table = publishedTables(scorer.schema, published).tableFor(request.candidates);
  if (table === undefined)
    throw new ApiError(409, 'no_snapshot', 'its catalogue is not kept any more');
  const { limit, seed, at, exploration } = logged;
  const slate = rankSlate(scorer, table, request, { limit, seed, nowMs: at, exploration });
  const differing = differencesOf(logged, slate);
  return { kind: differing.length === 0 ? 'same' : 'differs', in: differing };
}

function differencesOf(logged: LoggedSlate, slate: Slate): string[] {
  const parts: [string, ArrayLike<unknown>, ArrayLike<unknown>][] = [
    ['items', logged.itemIds, slate.ids],
    ['scores', logged.units, slate.units],
    ['raises', logged.raises ?? [], slate.raises ?? []],
    ['boosts', logged.boosts ?? [], slate.boosts ?? []],
    ['pins', logged.pinned ?? [], slate.pinned ?? []],
    ['probabilities', logged.propensities, slate.propensities],
    ['codes', logged.codes, slate.codes],
  ];
  return parts.flatMap(([name, before, after]) => (isSame(before, after) ? [] : [name]));
}

const isSame = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]));
