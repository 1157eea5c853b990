import { invalid } from './errors.ts';
import { shown } from './shown.ts';

/** A tag of a language (BCP 47), such as `de`, `en-GB` or `zh-Hant-TW`, in its canonical spelling. */
export type Language = string;

const MOST_CHARACTERS = 35;

/** @throws ApiError 400 naming the field. */
export function parseLanguage(value: unknown, what: string): Language {
  const fault = () =>
    invalid(`${what} must be a tag of a language such as de or en-GB, but was ${shown(value)}`);
  if (typeof value !== 'string' || value === '' || value.length > MOST_CHARACTERS) throw fault();
  try {
    return Intl.getCanonicalLocales(value)[0];
  } catch {
    throw fault();
  }
}

/** The tag, and what is left of it without its last part, again and again (RFC 4647, lookup): `en-GB`, `en`. */
export function fallbacksOf(language: Language): Language[] {
  const tags: Language[] = [];
  for (let parts = language.split('-'); parts.length > 0; parts = parts.slice(0, -1)) {
    // What stands before another subtag alone means nothing without it.
    if (parts.at(-1)!.length > 1) tags.push(parts.join('-'));
  }
  return tags;
}
