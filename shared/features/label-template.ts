/** A number or an ISO date that stands alone: `4wd`, `18-24` and `06:00` are names, and `20 %` is a number. */
const VALUE = /(?<![\p{L}\d.:-])(?:\d{4}-\d{2}-\d{2}|-?\d+(?:\.\d+)?)(?![\p{L}\d:+-]|\.\d)/gu;
const HOLE = /\{\}/g;
/** `{1}` or `{1:money}`. */
const PLACE = /\{([1-9])(?::(money))?\}/g;

/** What a bucket means, apart from the numbers and dates in it. */
export interface LabelTemplate {
  /** With `{}` in place of each of them. */
  readonly template: string;
  readonly values: readonly string[];
}

export function templateOf(label: string): LabelTemplate {
  const values: string[] = [];
  const template = label.replace(VALUE, (value) => {
    values.push(value);
    return '{}';
  });
  return { template, values };
}

export const holesOf = (template: string): number => template.match(HOLE)?.length ?? 0;

/** The numbers of the places that a text has for values, from 1. */
export const placesIn = (text: string): number[] =>
  [...text.matchAll(PLACE)].map(([, place]) => Number(place));

/** A text with its places filled. @param write how a value is written. */
export const filled = (
  text: string,
  values: readonly string[],
  write: (value: string, isMoney: boolean) => string,
): string =>
  text.replace(PLACE, (_, place: string, form?: string) =>
    write(values[Number(place) - 1] ?? '', form === 'money'),
  );

/** A label with its numbers and dates written in another way. */
export const rewritten = (label: string, write: (value: string) => string): string =>
  label.replace(VALUE, write);
