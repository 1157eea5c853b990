import { count, counted, percent, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Exposure } from '../../http/answers.ts';
import { positive } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const exposureVerb = () =>
  backendVerb('exposure', 'how the places of lists were shared among the values of an attribute')
    .argument('<attribute>', 'of the items, such as country or supplier')
    .option('--days <n>', 'the last n days, at most 90 (default: 14)', positive)
    .action(show);

async function show(attribute: string, options: VerbOptions & { days?: number }): Promise<void> {
  const { days } = options;
  const query = { attribute, ...(days !== undefined && { days: String(days) }) };
  const found = await json(backendClient(options).data.exposure.$get({ query }));
  print(found, () => exposureText(found), options);
}

type Estimate = Exposure['groups'][number]['clickRate'];

function exposureText({ attribute, rankings, people, items, groups }: Exposure): string {
  const head = `${counted(rankings, 'ranking')} of ${people === 1 ? 'one person' : `${count(people)} people`}, ${counted(items, 'item')} that can be shown`;
  if (rankings === 0) return `${head}: nothing was shown yet`;
  const rows = groups.map((group) => [
    group.label,
    count(group.items),
    share(group.catalogueShare),
    estimate(group.exposureShare, share),
    count(group.clicks),
    estimate(group.clickRate, (value) => value.toFixed(3)),
    group.exposurePerMerit === null ? '–' : group.exposurePerMerit.toFixed(2),
  ]);
  const names = ['items', 'of catalogue', 'of exposure', 'clicks', 'clicks/exposure', 'per merit'];
  return [
    head,
    '',
    table([attribute, ...names], rows),
    '',
    'A first place is an exposure of 1, place n one of 1/log2(1 + n). "per merit" is 1 where exposure is in proportion to items × clicks/exposure, and below 1 where a group has less than that.',
  ].join('\n');
}

const share = (value: number): string => percent(value, { digits: 1 });

const estimate = (found: Estimate, text: (value: number) => string): string => {
  if (found === null) return '–';
  const { mean, low, high } = found;
  return low === undefined || high === undefined
    ? text(mean)
    : `${text(mean)} (${text(low)} to ${text(high)})`;
};
