import { counted } from '../../../shared/text/text.ts';
import { backendClient, secretKey } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note, print } from '../../client/print.ts';
import { loggedRankings } from '../../replay/mapped/logged-rankings.ts';
import type { LogMapping } from '../../replay/mapped/log-mapping.ts';
import { mappingNames } from '../../replay/mapped/mapping-names.ts';
import { jsonRows } from '../../table/json-rows.ts';
import { openTable } from '../../table/open-table.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

interface Options extends VerbOptions {
  readonly edge: string;
  readonly dryRun?: boolean;
}

/** Any log that a mapping describes, as rankings in the order in which they were shown. */
export const mappedVerb = () =>
  backendVerb('log', 'what was shown and clicked elsewhere, by a mapping')
    .argument('<mapping>', `${mappingNames().join(', ')}, or a file of your own (.json)`)
    .argument('<file...>', 'the log, also gzipped; its items are those of the catalogue')
    .option(
      '--edge <url>',
      'edge to send the rankings to (env TRIMTAB_EDGE)',
      process.env.TRIMTAB_EDGE ?? 'http://127.0.0.1:8787',
    )
    .option('--dry-run', 'only say what the log holds')
    .action(replay);

async function replay(name: string, files: readonly string[], options: Options): Promise<void> {
  // Imported here, as below, so that the other verbs, which do not need it, start faster.
  const { readLogMapping } = await import('../../replay/mapped/log-mapping.ts');
  const mapping = readLogMapping(name);
  const rows: unknown[] = [];
  for (const file of files) for await (const row of rowsOf(file, mapping)) rows.push(row);
  const { rankings, unmatched, unread } = loggedRankings(rows, mapping);
  const actions = rankings.reduce((sum, one) => sum + one.actions.length, 0);
  note(
    `${counted(rows.length, 'row')}: ${counted(rankings.length, 'list')} that were shown, ${counted(actions, 'action')} on them; ${counted(unmatched, 'action')} on items that no list has, ${counted(unread, 'row')} of other kinds.`,
  );
  if (rankings.length === 0)
    throw new CliError(`no row says what was shown: is this the form of "${name}"?`);
  if (options.dryRun === true)
    return print(
      { rankings: rankings.length, actions, unmatched, unread },
      () => 'Nothing was sent.',
      options,
    );
  const [{ replayRankings }, { showProgress }] = await Promise.all([
    import('../../replay/mapped/replay-rankings.ts'),
    import('../../client/progress.ts'),
  ]);
  const replayed = await replayRankings(
    {
      edgeUrl: options.edge.replace(/\/+$/, ''),
      secretKey: secretKey(options),
      backend: backendClient(options),
      progress: showProgress,
    },
    rankings,
  );
  print(
    { ...replayed, unmatched, unread },
    () =>
      `${counted(replayed.rankings, 'ranking')} and ${counted(replayed.events, 'event')} are in the log, in the order in which they were shown. Learn from them: "trimtab train --wait".`,
    options,
  );
}

async function* rowsOf(file: string, { format }: LogMapping): AsyncGenerator {
  if (format === 'json') {
    for await (const { value } of jsonRows(file)) yield value;
    return;
  }
  const table = await openTable(file);
  for await (const { cells } of table.rows())
    yield Object.fromEntries(table.header.map((column, i) => [column, cells[i]]));
}
