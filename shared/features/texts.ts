import { ApiError } from '../domain/errors.ts';
import { parseLanguage, type Language } from '../domain/language.ts';
import { own } from '../domain/own.ts';
import { shown } from '../domain/shown.ts';
import { holesOf, placesIn } from './label-template.ts';

/** How reasons are said in one language. */
export interface LanguageTexts {
  /** By the name of a feature. */
  readonly features?: Readonly<Record<string, string>>;
  /**
   * By what a bucket means in English, with `{}` for each number or date: `over by {} to {} %`. In the text `{1}` and `{2}` are these, as the
   * language writes them; `{1:money}` is an amount of money. Behind a feature's name and `: ` it is of that feature alone.
   */
  readonly labels?: Readonly<Record<string, string>>;
}

/** By language; what is not there is said in English, as `trimtab schema check` shows it. */
export type Texts = Readonly<Record<Language, LanguageTexts>>;

/** The text of what a bucket means: of this feature alone, else of any; as it is, else with its template. */
export function labelText(
  { labels = {} }: LanguageTexts,
  { label, template }: { readonly label: string; readonly template: string },
  feature: string | undefined,
): string | undefined {
  const of = (key: string) =>
    (feature === undefined ? undefined : own(labels, `${feature}: ${key}`)) ?? own(labels, key);
  return of(label) ?? of(template);
}

/** They come with every version of the weights. */
const MOST_CHARACTERS = 262_144;
const MOST_TEXT = 500;
/** What reasons have besides features. */
export const TOGETHER = 'features together';

/** @throws ApiError 400 naming the language and the entry. */
export function parseTexts(value: unknown, features: readonly { readonly name: string }[]): Texts {
  const bad = (message: string) => new ApiError(400, 'invalid_schema', `schema: ${message}`);
  const objectOf = (one: unknown, what: string): [string, unknown][] => {
    if (typeof one === 'object' && one !== null && !Array.isArray(one)) return Object.entries(one);
    throw bad(`${what} must be an object, but was ${shown(one)}`);
  };
  if (JSON.stringify(value).length > MOST_CHARACTERS)
    throw bad(`texts may have at most ${MOST_CHARACTERS} characters as JSON`);
  const names = new Set([...features.map(({ name }) => name), TOGETHER]);
  const languages = objectOf(value, 'texts').map(([tag, given]): [Language, LanguageTexts] => {
    const language = languageOf(tag, bad);
    const what = `texts.${tag}`;
    for (const [part, entries] of objectOf(given, what)) {
      if (part !== 'features' && part !== 'labels')
        throw bad(`${what} may have features and labels, and not "${part.slice(0, 64)}"`);
      for (const [key, text] of objectOf(entries, `${what}.${part}`)) {
        if (typeof text !== 'string' || text === '' || text.length > MOST_TEXT)
          throw bad(
            `${what}.${part}: the text of "${key.slice(0, 80)}" must have 1 to ${MOST_TEXT} characters, but was ${shown(text)}`,
          );
        if (part === 'features' && !names.has(key))
          throw bad(`${what}.features: there is no feature "${key.slice(0, 80)}"`);
        const over = part === 'labels' && placesIn(text).find((place) => place > holesOf(key));
        if (over)
          throw bad(
            `${what}.labels: the text of "${key.slice(0, 80)}" has {${over}}, and the label ${holesOf(key)} of {}`,
          );
      }
    }
    return [language, given as LanguageTexts];
  });
  return Object.fromEntries(languages);
}

function languageOf(tag: string, bad: (message: string) => Error): Language {
  let canonical: Language;
  try {
    canonical = parseLanguage(tag, 'texts');
  } catch (error) {
    throw error instanceof ApiError ? bad(error.message) : error;
  }
  if (canonical === tag) return tag;
  throw bad(`texts: write the language "${tag.slice(0, 40)}" as ${canonical}`);
}
