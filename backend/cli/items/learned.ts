import { count, counted, moment, percent, table } from '../../../shared/text/text.ts';
import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const learnedVerb = () =>
  backendVerb('learned', 'what the log has taught of an item: its views, click and booking rates')
    .argument('<id>', 'item id')
    .action(showLearned);

const WORDS = { views: 'views', clickRate: 'click rate', bookingRate: 'booking rate' };

async function showLearned(id: string, options: VerbOptions): Promise<void> {
  const learned = await json(
    backendClient(options).items[':id'].learned.$get({ param: { id: segment(id) } }),
  );
  print(
    learned,
    () =>
      `${id}, as of ${moment(learned.at)}\n\n${table(
        ['what', 'days', 'value', 'higher than'],
        learned.columns.map(({ of, days, value, lower, known }) => [
          WORDS[of],
          days,
          value === null
            ? 'unknown'
            : of === 'views'
              ? count(Math.round(value))
              : percent(value, { digits: 2 }),
          value === null ? '–' : `${count(lower)} of ${counted(known, 'item')}`,
        ]),
      )}`,
    options,
  );
}
