import { CliError } from '../../client/failure.ts';

export interface Named {
  readonly id: string;
  /** Need not be unique. */
  readonly name: string;
}

/**
 * @param wanted an id, the beginning of one, or a name. @param what plural, for errors: `experiments`.
 * @returns the id; `wanted` itself where none matches, so that the backend answers what is unknown.
 * @throws CliError naming the matches where there are several.
 */
export function findId(wanted: string, known: readonly Named[], what: string): string {
  const matching = [
    known.filter(({ id }) => id === wanted),
    known.filter(({ name }) => name === wanted),
    known.filter(({ id }) => id.startsWith(wanted)),
  ].find((found) => found.length > 0);
  if (matching === undefined) return wanted;
  if (matching.length === 1) return matching[0].id;
  const ids = matching.map(({ id }) => id);
  throw new CliError(`"${wanted}" matches ${ids.length} ${what}, use one of: ${ids.join(', ')}`, 2);
}
