import { count, facts, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const costsVerb = () =>
  backendVerb('costs', 'what a month like the last days costs, line by line').action(
    async (options: VerbOptions) => {
      const found = await json(backendClient(options).costs.$get());
      print(found, () => costsText(found), options);
    },
  );

function costsText({ measured, bill, monthlyLimit }: Answer<'/v1/costs'>): string {
  if (measured === null || bill === null)
    return 'Less than an hour of the log is there: too little to tell of a month.';
  return [
    `Measured over ${measured.days.toFixed(1)} days:`,
    facts(
      Object.entries(measured)
        .filter(([name]) => name !== 'days')
        .map(([name, value]): [string, string] => [name, count(Math.round(value))]),
    ),
    '',
    table(
      ['a month', 'used', 'included', 'price', bill.currency],
      bill.lines.map(({ name, used, included, each, cost }) => [
        name,
        count(Number(used.toPrecision(3))),
        count(included),
        String(each),
        cost.toFixed(2),
      ]),
    ),
    '',
    `In all ${bill.total.toFixed(2)} ${bill.currency} a month, by prices of ${bill.pricesAsOf}${monthlyLimit === null ? '' : `; the limit is ${monthlyLimit}`}.`,
  ].join('\n');
}
