import { duration, moment, table } from '../../../shared/text/text.ts';
import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { findRun, WHICH_RUN } from './find-run.ts';
import { runText } from './run-text.ts';

export const listRunsVerb = () => backendVerb('list', 'newest first').action(list);

export const showRunVerb = () =>
  backendVerb('show', 'one run').argument('<run>', WHICH_RUN).action(show);

/** `trimtab runs` and `trimtab runs run_…`. */
export const runsVerb = () =>
  backendVerb('runs', 'all runs, or one')
    .argument('[run]', WHICH_RUN)
    .action((id: string | undefined, options: VerbOptions) =>
      id === undefined ? list(options) : show(id, options),
    );

async function list(options: VerbOptions): Promise<void> {
  const { runs } = await json(backendClient(options).runs.$get({ query: {} }));
  const rows = runs.map((run) => [
    run.id,
    moment(run.startedAt),
    run.finishedAt === null ? '–' : duration(run.finishedAt - run.startedAt),
    run.status,
    run.version,
    run.error ?? run.progress.gate?.reason,
  ]);
  const head = ['run', 'started', 'took', 'status', 'version', 'verdict'];
  print(runs, () => (rows.length === 0 ? NONE : table(head, rows)), options);
}

const NONE = 'nothing was trained yet: "trimtab train" does it.';

async function show(which: string, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  const param = { id: segment(await findRun(client, which)) };
  const run = await json(client.runs[':id'].$get({ param }));
  print(run, () => runText(run), options);
}
