import type { Item } from '../../../shared/domain/item.ts';
import { count, counted, cut, table } from '../../../shared/text/text.ts';
import type { Guess } from '../../catalogue/propose/guess.ts';
import type { SchemaProposal } from '../../catalogue/propose/propose-schema.ts';
import type { ExplainedItem } from '../../start/first-ranking.ts';

const WIDEST_EXAMPLE = 28;
const WIDEST_USE = 72;

/** What was understood of the columns of a file. */
export function proposalText(
  file: string,
  rows: number,
  guess: Guess,
  { definition, uses }: SchemaProposal,
): string {
  const useOf = new Map(uses.map(({ name, use }) => [name, use]));
  const lines = guess.columns.map(({ name, guess: found, example }) => [
    cut(name, WIDEST_EXAMPLE),
    found.type === 'none' ? '–' : isOf(found),
    cut(example.replaceAll(/\s+/g, ' '), WIDEST_EXAMPLE),
    cut(useOf.get(name) ?? '', WIDEST_USE),
  ]);
  const filters = definition.filters as readonly Readonly<Record<string, unknown>>[];
  return [
    `${file}: ${counted(rows, 'row')} looked at, ${counted(guess.columns.length, 'column')}`,
    '',
    table(['column', 'holds', 'such as', 'ranks by'], lines),
    ...(filters.length === 0 ? [] : ['', 'Never shown: ' + filters.map(filterText).join('; ')]),
  ]
    .map(printable)
    .join('\n');
}

/** Without what a terminal takes for a command: files come from anywhere. */
const printable = (text: string): string => text.replaceAll(/(?!\n)\p{Cc}/gu, ' ');

function isOf(guess: Guess['columns'][number]['guess']): string {
  switch (guess.type) {
    case 'number':
      return guess.unit === undefined ? 'number' : `number, ${guess.unit}`;
    case 'set':
      return `set of ${count(guess.counts.size)}`;
    case 'category':
      return `one of ${count(guess.counts.size)}`;
    default:
      return guess.type;
  }
}

const filterText = ({ column, exclude }: Readonly<Record<string, unknown>>): string =>
  Array.isArray(exclude)
    ? `${String(column)} ${exclude.join(' or ')}`
    : `${String(column)} in the past`;

/** Names by which people know an item. */
const TITLES: ReadonlySet<string> = new Set(['title', 'name', 'headline', 'label']);
const MOST_REASONS = 4;

/** A ranking in lines: title, score, and what counted most. */
export function rankingText(
  ranked: readonly ExplainedItem[],
  items: readonly Item[],
  preferences: object,
): string {
  const titles = new Map(items.map((item) => [String(item.id), titleOf(item)]));
  return [
    `For ${JSON.stringify(preferences)}`,
    '',
    table(
      ['', 'item', 'points', 'because'],
      ranked.map(({ id, position, score, reasons }) => [
        position,
        cut([id, titles.get(id)].filter((text) => text !== undefined).join('  '), 44),
        Math.round(score),
        reasons
          .map((reason) => ({ ...reason, points: Number(reason.points.toFixed(1)) }))
          .filter(({ because, points }) => because !== 'always' && points !== 0)
          .slice(0, MOST_REASONS)
          .map(
            ({ feature, because, points }) =>
              `${feature} ${because} ${points > 0 ? '+' : ''}${points}`,
          )
          .join(', '),
      ]),
    ),
    ...(isByPoints(ranked) ? [] : ['', DRAWN]),
  ]
    .map(printable)
    .join('\n');
}

/** Else the list looks like a mistake to whoever sees it for the first time. */
const DRAWN =
  'An item may stand above one with more points: the order is drawn by chance among the best, so that there is something to learn from\n(docs/how-it-decides.md).';

const isByPoints = (ranked: readonly ExplainedItem[]): boolean =>
  ranked.every(({ score }, i) => i === 0 || score <= ranked[i - 1].score);

function titleOf({ attributes }: Item): string | undefined {
  const name = Object.keys(attributes).find((one) => TITLES.has(one.toLowerCase()));
  const value = name === undefined ? undefined : attributes[name];
  return typeof value === 'string' ? value : undefined;
}
