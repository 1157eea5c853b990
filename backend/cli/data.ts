import { Command } from 'commander';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import {
  count,
  counted,
  duration,
  facts,
  moment,
  table,
  type Cell,
} from '../../shared/text/text.ts';
import { backendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

/** `GET /v1/data/quality`, as far as people read it. */
interface Quality {
  readonly schema: string;
  readonly passed: boolean;
  readonly failures: readonly string[];
  readonly completeness: Share;
  readonly incomplete: Counts;
  readonly attribution: Share;
  readonly freshness: { readonly newestRankingAt: number | null; readonly ageMs: number | null };
  readonly filtered: Readonly<Record<'sessions' | 'rankings' | 'events', Counts>>;
  readonly missing: Counts;
  readonly days: readonly {
    readonly day: string;
    readonly rankings: number;
    readonly kept: number;
    readonly clicked: number;
    readonly events: number;
    readonly partition: string;
  }[];
}

interface Share {
  readonly share: number | null;
  readonly count: number;
  readonly of: number;
}
type Counts = Readonly<Record<string, number>>;

type Pruned = Readonly<
  Record<'before' | 'decisions' | 'events' | 'outcomes' | 'batches' | 'partitions', number>
>;

export function dataCommand(): Command {
  const command = new Command('data').description('the log that training learns from');
  command.addCommand(
    backendVerb('quality', 'is it whole, joined, fresh and made by people? exit code 1 if not')
      .option('--schema <name or hash>', 'whose rankings (default: what is live)')
      .option('--days <n>', 'the last so many days (default: the retention)', Number)
      .action(quality),
  );
  command.addCommand(
    backendVerb('prune', 'delete what is older than the retention, as every night').action(prune),
  );
  return command;
}

async function quality(options: VerbOptions & { schema?: string; days?: number }): Promise<void> {
  const query = new URLSearchParams();
  if (options.schema !== undefined) query.set('schema', options.schema);
  if (options.days !== undefined) {
    if (!(options.days > 0)) throw new CliError('--days must be a number over 0', 2);
    query.set('from', String(Math.floor(Date.now() - options.days * DAY_MS)));
  }
  const found = await backendClient(options).call<Quality>(
    'GET',
    `/v1/data/quality?${query.toString()}`,
  );
  print(found, () => qualityText(found), options);
  if (!found.passed) throw new CliError(`the data failed its checks: ${found.failures.join('; ')}`);
}

function qualityText(found: Quality): string {
  const { completeness, incomplete, attribution, freshness, filtered, missing, days } = found;
  const worst = Object.entries(missing)
    .filter(([, share]) => share > 0)
    .toSorted(([, a], [, b]) => b - a);
  const lines = facts([
    ['schema', found.schema],
    ['verdict', found.passed ? 'passed' : 'failed'],
    ['complete', `${shareText(completeness, 'ranking')}${because(incomplete)}`],
    ['attributed', shareText(attribution, 'event')],
    [
      'newest ranking',
      freshness.ageMs === null
        ? 'none'
        : `${moment(freshness.newestRankingAt)}, ${duration(freshness.ageMs)} old`,
    ],
    ['sessions left out', counts(filtered.sessions)],
    ['rankings left out', counts(filtered.rankings)],
    ['events left out', counts(filtered.events)],
  ]);
  const tables = [
    table(
      ['day', 'rankings', 'kept', 'clicked', 'events', 'partition'],
      days.map((day): Cell[] => [
        day.day,
        day.rankings,
        day.kept,
        day.clicked,
        day.events,
        day.partition,
      ]),
    ),
    ...(worst.length === 0
      ? []
      : [
          table(
            ['feature', 'missing'],
            worst.map(([name, share]) => [name, percent(share)]),
          ),
        ]),
  ];
  return [lines, ...tables].join('\n\n');
}

const shareText = ({ share, count: part, of }: Share, one: string) =>
  share === null
    ? 'nothing to tell from'
    : `${percent(share)}, ${count(part)} of ${counted(of, one)}`;

const because = (reasons: Counts) =>
  Object.keys(reasons).length === 0 ? '' : ` (at fault: ${counts(reasons)})`;

const counts = (all: Counts) =>
  Object.entries(all)
    .map(([name, n]) => `${count(n)} ${name.replaceAll('_', ' ')}`)
    .join(', ') || 'none';

const percent = (share: number) => `${Math.floor(share * 10_000) / 100} %`;

async function prune(options: VerbOptions): Promise<void> {
  const gone = await backendClient(options).call<Pruned>('POST', '/v1/data/prune');
  print(
    gone,
    () =>
      `${counted(gone.decisions, 'ranking')}, ${counted(gone.events, 'event')}, ${counted(gone.outcomes, 'outcome')} and ${counted(gone.partitions, 'partition')} from before ${moment(gone.before)} are deleted.`,
    options,
  );
}
