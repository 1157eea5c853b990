/** What names of columns and values commonly mean, in catalogues of any kind. */

export const PRICE = /(^|[ _-])(price|cost|fare|fee|rent)([ _-]|$)|Price$/i;
/** More of it is better, so nothing is over budget. */
export const PAY = /(salary|wage|income|compensation)/i;

/** Dates after which an item is over. */
export const ENDS =
  /(depart|start|begin|check[ _-]?in|event[ _-]?date|expir|until|end[ _-]?date|ends|closing|closes|deadline|valid[ _-]?(to|thru|through))|^date$/i;

/** Levels of places, from the root down. */
export const PLACES: readonly RegExp[] = [
  /^continents?$/i,
  /^(country|country[ _-]?(name|code)|nation)$/i,
  /^(region|state|province|county)$/i,
  /^(city|town|municipality|locality)$/i,
  /^(district|neighbou?rhood|suburb|quarter)$/i,
];

/** Levels of kinds of goods. */
export const KINDS_OF_GOODS: readonly RegExp[] = [
  /^(department|main[ _-]?category)$/i,
  /^(category|product[ _-]?category)$/i,
  /^(sub[ _-]?category|subcategory|product[ _-]?type)$/i,
];

/** Values with an order that their spelling does not show, the lowest first. */
export const ORDERED_VALUES: readonly (readonly string[])[] = [
  ['xxs', 'xs', 's', 'm', 'l', 'xl', 'xxl', '3xl', '4xl'],
  ['intern', 'entry', 'junior', 'mid', 'senior', 'lead', 'principal', 'director', 'executive'],
  ['beginner', 'intermediate', 'advanced', 'expert'],
  ['very easy', 'easy', 'moderate', 'medium', 'hard', 'challenging', 'difficult', 'very hard'],
  ['very low', 'low', 'medium', 'high', 'very high'],
  ['small', 'medium', 'large', 'extra large'],
];

const STATE = /(status|availab|stock|state|published|active|visib|condition)/i;
const GONE: ReadonlySet<string> = new Set([
  'sold out',
  'out of stock',
  'full',
  'fully booked',
  'unavailable',
  'not available',
  'discontinued',
  'archived',
  'draft',
  'inactive',
  'hidden',
  'deleted',
  'closed',
  'expired',
  'filled',
  'cancelled',
  'canceled',
  'withdrawn',
]);
const IS_THERE =
  /^(in[ _-]?stock|available|is[ _-]?available|active|is[ _-]?active|published|visible|enabled)$/i;
const IS_GONE =
  /^(sold[ _-]?out|out[ _-]?of[ _-]?stock|archived|hidden|deleted|discontinued|expired|closed)$/i;
const YES: ReadonlySet<string> = new Set(['true', 'yes', 'y', '1']);
const NO: ReadonlySet<string> = new Set(['false', 'no', 'n', '0']);

/** Those of a column's values that say that an item cannot be had. */
export function goneValues(name: string, values: readonly string[]): string[] {
  const isGone = (value: string): boolean => {
    const word = value.toLowerCase().replaceAll(/[ _-]+/g, ' ');
    if (IS_THERE.test(name) && NO.has(word)) return true;
    if (IS_GONE.test(name) && YES.has(word)) return true;
    return STATE.test(name) && GONE.has(word);
  };
  return values.filter(isGone);
}

/** The values in their order where it is a known one; undefined otherwise. */
export function orderedLevels(values: readonly string[]): string[] | undefined {
  const words = values.map((value) => value.toLowerCase().replaceAll(/[ _-]+/g, ' '));
  const scale = ORDERED_VALUES.find(
    (levels) => values.length >= 2 && words.every((word) => levels.includes(word)),
  );
  return scale === undefined
    ? undefined
    : values.toSorted(
        (a, b) => scale.indexOf(words[values.indexOf(a)]) - scale.indexOf(words[values.indexOf(b)]),
      );
}
