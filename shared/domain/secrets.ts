/** The newest first: it signs or keys what is new, and the others find or verify what is from before a rotation. */
export type NewestFirst<T> = readonly [T, ...T[]];

/** Shorter ones can be tried out: 16 random characters of base64 are 96 bits. */
export const LEAST_SECRET_LENGTH = 16;

export const HOW_TO_MAKE_A_SECRET = 'make one with "openssl rand -hex 24"';

/** The entries of a variable that may hold several, with commas between them. */
export const entriesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

/** @returns what is wrong with keys or secrets, without showing them; undefined when nothing is. */
export function secretsProblem(name: string, entries: readonly string[]): string | undefined {
  const short = entries.find(({ length }) => length < LEAST_SECRET_LENGTH);
  if (short === undefined) return undefined;
  const which = entries.length === 1 ? name : `an entry of ${name}`;
  return `${which} has ${short.length} ${short.length === 1 ? 'character' : 'characters'} and must have at least ${LEAST_SECRET_LENGTH}: ${HOW_TO_MAKE_A_SECRET}`;
}
