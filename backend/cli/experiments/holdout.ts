import { count, moment, percent, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Holdout } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const holdoutVerb = () =>
  backendVerb(
    'holdout',
    'what was learned as people clicked, against those who were held out of it',
  ).action(show);

async function show(options: VerbOptions): Promise<void> {
  const found = await json(backendClient(options).experiments.holdout.$get());
  print(found, () => holdoutText(found), options);
}

function holdoutText({ metric, alpha, versions, sum }: Holdout): string {
  if (versions.length === 0)
    return 'nobody was held out of what was learned yet: "trimtab status" says how far learning is.';
  const rows = versions.map(({ version, arm, from, to, heldOut, learned, reading }) => [
    version,
    arm,
    moment(from),
    moment(to),
    count(heldOut),
    count(learned),
    'missing' in reading
      ? reading.missing
      : `${percent(reading.low, { signed: true })} to ${percent(reading.high, { signed: true })}`,
  ]);
  const head = ['version', 'arm', 'from', 'to', 'held out', 'learned', `${metric}, relative`];
  const told =
    'missing' in sum
      ? `in sum: ${sum.missing}`
      : `in sum, of ${sum.versions} versions and ${count(sum.heldOut)} sessions that were held out: ${metric} is ${figure(sum.base)} without what was learned, and ${signed(sum.estimate)} with it (${signed(sum.low)} to ${signed(sum.high)}, always valid at ${percent(1 - alpha)})`;
  return `${table(head, rows)}\n\n${told}`;
}

const figure = (value: number) => value.toFixed(4);
const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
