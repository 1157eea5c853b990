import { MONTH_DAYS } from '../../../../costs/monthly-usage.ts';
import type { Answer } from '../../../../http/answers.ts';
import { csvButton } from '../../csv.ts';
import { code, empty, muted, notice, table, tiles, type Section } from '../../dom.ts';
import { figure, whole } from '../../format.ts';

type Costs = Answer<'/v1/costs'>;

/** What a month like the last days costs, as `trimtab costs` says it. */
export const costsSection = ({ measured, bill, monthlyLimit }: Costs): Section => {
  if (measured === null || bill === null)
    return {
      id: 'costs',
      title: 'Costs',
      content: [
        empty(
          'What a month costs is not known yet.',
          'It is estimated from an hour of the log on, by the prices under ',
          code('costs'),
          ' of the configuration file.',
        ),
      ],
    };
  const { currency, lines, total, pricesAsOf } = bill;
  const money = (amount: number) => `${amount.toFixed(2)} ${currency}`;
  const rankings = (measured.rankings * MONTH_DAYS) / measured.days;
  return {
    id: 'costs',
    title: 'Costs',
    wide: true,
    tools: [
      csvButton('costs', () => [
        ['a month', 'used', 'included', 'price', currency],
        ...lines.map(({ name, used, included, each, cost }) => [name, used, included, each, cost]),
      ]),
    ],
    content: [
      monthlyLimit !== null &&
        total > monthlyLimit &&
        notice('bad', `A month like this costs more than the limit of ${money(monthlyLimit)}.`),
      tiles([
        { label: 'A month', value: money(total), remark: 'rather too high than too low' },
        {
          label: 'A thousand rankings',
          value: rankings > 0 ? `${figure((total / rankings) * 1000)} ${currency}` : '–',
          remark: `${whole(rankings)} rankings a month`,
        },
        {
          label: 'Limit',
          value: monthlyLimit === null ? 'none' : money(monthlyLimit),
          remark: monthlyLimit === null ? 'costs.monthlyLimit sets one' : 'an alert opens over it',
        },
        { label: 'Measured', value: `${figure(measured.days)} days` },
      ]),
      table(
        'Lines of a month’s bill',
        [
          { label: 'A month' },
          { label: 'Used', number: true },
          { label: 'Included', number: true },
          { label: 'Price', number: true },
          { label: currency, number: true },
        ],
        lines.map(({ name, used, included, each, cost }) => [
          wordsOf(name),
          figure(used),
          whole(included),
          String(each),
          cost.toFixed(2),
        ]),
      ),
      muted(
        `By prices of ${pricesAsOf}: of a million, of a GB, of an hour. trimtab costs says the same.`,
      ),
    ],
  };
};

/** `kvReads` as `KV reads`. */
const wordsOf = (name: string): string => {
  const words = name
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/ gb\b/, ', GB')
    .replace(/\bcpu ms\b/, 'CPU ms')
    .replace(/^kv\b/, 'KV');
  return `${words[0].toUpperCase()}${words.slice(1)}`;
};
