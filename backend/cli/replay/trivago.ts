import { Option } from 'commander';
import { edgeClient } from '../../replay/edge-client.ts';
import type { readTrivago } from '../../replay/read-trivago.ts';
import { reportText } from '../../replay/replay-report.ts';
import { searchesOf, splitBySession, type Search } from '../../replay/trivago-searches.ts';
import { LEARNERS, type LearnerName } from '../../science/learn/learners/learner.ts';
import { backendClient, secretKey } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

interface ReplayOptions extends VerbOptions {
  readonly holdout?: string;
  readonly edge: string;
  readonly share: string;
  readonly learners: readonly LearnerName[];
}

/** From the first ranking to the learned weights. */
export const trivagoVerb = () =>
  backendVerb('trivago', 'hotel searches in the RecSys 2019 format')
    .argument('<file>', '.csv or .csv.gz')
    .option(
      '--holdout <file>',
      'evaluate on these searches instead of the later ones of the first file',
    )
    .option(
      '--edge <url>',
      'edge to send the searches to (env TRIMTAB_EDGE)',
      process.env.TRIMTAB_EDGE ?? 'http://127.0.0.1:8787',
    )
    .option('--share <0..1>', 'share of the searches to learn from, without --holdout', '0.6')
    .addOption(
      new Option('--learners <kinds...>', 'what to train and evaluate')
        .choices(LEARNERS)
        .default(['additive', 'boosted']),
    )
    .action(async (file: string, options: ReplayOptions) => {
      // Imported here, so that the other verbs, which do not need it, start faster.
      const [{ readTrivago }, { replayTrivago }, { showProgress }] = await Promise.all([
        import('../../replay/read-trivago.ts'),
        import('../../replay/replay-trivago.ts'),
        import('../../client/progress.ts'),
      ]);
      const [early, late] = halves(file, options, readTrivago);
      const target = {
        edge: edgeClient(options.edge.replace(/\/+$/, ''), secretKey(options)),
        backend: backendClient(options),
        progress: (label: string, total: number) => showProgress(label, total, ''),
      };
      const report = await replayTrivago(target, early, late, options.learners);
      print(report, () => reportText(report), options);
    });

function halves(
  file: string,
  { holdout, share }: ReplayOptions,
  read: typeof readTrivago,
): [early: Search[], late: Search[]] {
  if (holdout === undefined) {
    const part = Number(share);
    if (!(part > 0 && part < 1))
      throw new CliError(`--share must lie between 0 and 1, but was "${share}"`, 2);
    return splitBySession(searchesOf(read(file)), part);
  }
  // Searches of both files in one order of time, so that each knows what happened before it.
  const rows = read(file);
  const held = read(holdout);
  const isHeld = new Set(held.map(sessionKey));
  const searches = searchesOf([...rows.filter((row) => !isHeld.has(sessionKey(row))), ...held]);
  const key = ({ userId, sessionId }: Search) => `${userId}/${sessionId}`;
  return [
    searches.filter((search) => !isHeld.has(key(search))),
    searches.filter((search) => isHeld.has(key(search))),
  ];
}

const sessionKey = (row: { user_id: string; session_id: string }) =>
  `${row.user_id}/${row.session_id}`;
