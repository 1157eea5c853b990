import { moment, percent, table } from '../../../shared/text/text.ts';
import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const relatedVerb = () =>
  backendVerb('related', 'which items are like an item, and what they have in common')
    .argument('<id>', 'item id')
    .action(showRelated);

/** More buckets than these in common are counted. */
const MOST_NAMED = 6;

async function showRelated(id: string, options: VerbOptions): Promise<void> {
  const related = await json(
    backendClient(options).items[':id'].related.$get({ param: { id: segment(id) } }),
  );
  const { neighbours, isKnown } = related;
  const why = ({ common, cosine }: (typeof neighbours)[number]): string => {
    const named = common.slice(0, MOST_NAMED).map(({ column, value }) => `${column} ${value}`);
    const more = common.length - named.length;
    return [
      ...(cosine === null ? [] : [`embedding ${percent(cosine)}`]),
      ...named,
      ...(more > 0 ? [`${more} more`] : []),
    ].join(', ');
  };
  print(
    related,
    () =>
      neighbours.length === 0
        ? `${id}: ${isKnown ? 'no item has anything in common with it' : 'nothing is known of it: it was not in the catalogue when related items were last found'}`
        : `${id}, as of ${moment(related.at)}\n\n${table(
            ['item', 'alike', 'both have'],
            neighbours.map((one) => [one.id, percent(one.percent / 100), why(one)]),
          )}`,
    options,
  );
}
