import { nearest } from './nearest.ts';
import { invalid } from './errors.ts';

/**
 * The fields of an object that are not known. One that is nearly a known one is refused: it was meant to be understood, and the
 * answer without it would look right. Any other is let pass, as clients of a later version may send more.
 * @throws ApiError 400 naming both.
 */
export function unknownFields(
  given: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
): readonly string[] {
  let unknown: string[] | undefined;
  for (const name in given) {
    if (known.has(name)) continue;
    const meant = nearest(name.slice(0, MAX_NAME), [...known]);
    if (meant !== undefined)
      throw invalid(`there is no field "${name.slice(0, MAX_NAME)}": did you mean "${meant}"?`);
    (unknown ??= []).push(name.slice(0, MAX_NAME));
    if (unknown.length > MAX_UNKNOWN) throw invalid('too many fields that are not known');
  }
  return unknown ?? NONE;
}

const NONE: readonly string[] = [];
const MAX_NAME = 64;
/** Comparing names takes time, and nobody means so many. */
const MAX_UNKNOWN = 64;
