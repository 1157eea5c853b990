/**
 * Characters that nobody sees for what they are: spaces beyond those of ASCII, marks of width 0 and of direction, byte-order
 * marks, U+FFFD (what a wrong encoding leaves of a character) and code points that are no characters. Joiners (U+200C, U+200D)
 * are not among them, as they are part of words in some scripts.
 */
const UNSEEN =
  '[\\u00ad\\u061c\\u1680\\u180e\\u2000-\\u200b\\u200e\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufdd0-\\ufdef\\ufeff\\ufff0-\\uffff]';
const ONE = new RegExp(UNSEEN);
const EACH = new RegExp(UNSEEN, 'g');

/** The first such character, as `U+202E`. */
export function unseenIn(text: string): string | undefined {
  const found = ONE.exec(text)?.[0];
  return found === undefined ? undefined : `U+${hex(found)}`;
}

/** The text with each of them as an escape, so that a message can neither hide nor turn around what it shows. */
export const withUnseenEscaped = (text: string): string =>
  text.replace(EACH, (char) => `\\u${hex(char).toLowerCase()}`);

const hex = (char: string): string =>
  char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
