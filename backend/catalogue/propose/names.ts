/** A name in the small letters, digits and hyphens of a schema; empty where it has none of them. */
export const wordsOf = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);

/** `price-usd` of `Price (USD)`; of a name of signs alone, such as `%`, nothing is left to name a feature by. */
export const slugOf = (name: string): string => wordsOf(name) || 'column';

/** `jobType` of `Job Type`: what a request calls it. */
export const preferenceOf = (name: string): string =>
  slugOf(name).replaceAll(/-(\p{L}|\p{N})/gu, (_, letter: string) => letter.toUpperCase());
