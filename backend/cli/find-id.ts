import { CliError } from '../client/failure.ts';

export interface Named {
  readonly id: string;
  /** What people call it: need not be unique. */
  readonly name: string;
}

/**
 * @param wanted an id, the beginning of one, or a name. @param what plural, for errors: `experiments`.
 * @returns the id; what is `wanted` itself where nothing fits, so that the backend says what is missing.
 * @throws CliError naming those that fit, where several do.
 */
export function findId(wanted: string, known: readonly Named[], what: string): string {
  const fits = [
    known.filter(({ id }) => id === wanted),
    known.filter(({ name }) => name === wanted),
    known.filter(({ id }) => id.startsWith(wanted)),
  ].find((found) => found.length > 0);
  if (fits === undefined) return wanted;
  if (fits.length === 1) return fits[0].id;
  const ids = fits.map(({ id }) => id);
  throw new CliError(`"${wanted}" fits ${ids.length} ${what}, take one of: ${ids.join(', ')}`, 2);
}
