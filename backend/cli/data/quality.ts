import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import {
  count,
  counted,
  duration,
  facts,
  moment,
  percentAtMost,
  table,
} from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import type { DataQuality } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const qualityVerb = () =>
  backendVerb('quality', 'completeness, attribution, freshness and bots; exit code 1 if it fails')
    .option('--schema <name or hash>', 'whose rankings (default: the live schema)')
    .option('--days <n>', 'the last n days (default: the retention)', Number)
    .action(quality);

async function quality(options: VerbOptions & { schema?: string; days?: number }): Promise<void> {
  const { schema, days } = options;
  if (days !== undefined && !(days > 0)) throw new CliError('--days must be a number over 0', 2);
  const from = days === undefined ? undefined : Math.floor(Date.now() - days * DAY_MS);
  const query = { ...(schema !== undefined && { schema }), ...(from !== undefined && { from }) };
  const found = await json(backendClient(options).data.quality.$get({ query }));
  print(found, () => qualityText(found), options);
  if (!found.passed) throw new CliError(`the data failed its checks: ${found.failures.join('; ')}`);
}

function qualityText(found: DataQuality): string {
  const { completeness, incomplete, attribution, awaiting, lost, freshness } = found;
  const { filtered, missing, days } = found;
  const worst = Object.entries(missing)
    .filter(([, share]) => share > 0)
    .toSorted(([, a], [, b]) => b - a);
  const lines = facts([
    ['schema', found.schema],
    ['verdict', found.passed ? 'passed' : 'failed'],
    ['complete', `${shareText(completeness, 'ranking')}${because(incomplete)}`],
    [
      'attributed',
      `${shareText(attribution, 'event')}${awaiting === 0 ? '' : `, and ${count(awaiting)} whose ranking may still come`}`,
    ],
    ['not logged', shareText(lost.reported, 'ranking')],
    ['orphaned', shareText(lost.orphaned, 'event')],
    [
      'newest ranking',
      freshness.ageMs === null
        ? 'none'
        : `${moment(freshness.newestRankingAt)}, ${duration(freshness.ageMs)} old`,
    ],
    ['sessions left out', counts(filtered.sessions)],
    ['rankings left out', counts(filtered.rankings)],
    ['events left out', counts(filtered.events)],
    ...found.warnings.map((warning): [string, string] => ['warning', warning]),
  ]);
  const tables = [
    table(
      ['day', 'rankings', 'used', 'clicked', 'events', 'partition'],
      days.map(({ day, rankings, kept, clicked, events, partition }) => [
        day,
        rankings,
        kept,
        clicked,
        events,
        partition,
      ]),
    ),
    ...(worst.length === 0
      ? []
      : [
          table(
            ['feature', 'missing'],
            worst.map(([name, share]) => [name, percentAtMost(share)]),
          ),
        ]),
  ];
  return [lines, ...tables].join('\n\n');
}

const shareText = ({ share, count: part, of }: DataQuality['attribution'], one: string) =>
  share === null ? 'no data' : `${percentAtMost(share)}, ${count(part)} of ${counted(of, one)}`;

type Counts = Readonly<Record<string, number>>;

const because = (reasons: Counts) =>
  Object.keys(reasons).length === 0 ? '' : ` (at fault: ${counts(reasons)})`;

const counts = (all: Counts) =>
  Object.entries(all)
    .map(([name, n]) => `${count(n)} ${name.replaceAll('_', ' ')}`)
    .join(', ') || 'none';
