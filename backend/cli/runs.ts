import type { Command } from 'commander';
import { duration, moment, table } from '../../shared/text/text.ts';
import { backendClient } from '../client/backend-client.ts';
import { print } from '../client/print.ts';
import { runText, type Run } from './run-text.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export const runsCommand = (): Command =>
  backendVerb('runs', 'training runs, newest first; or one of them')
    .argument('[id]', 'show this run')
    .action(showRuns);

async function showRuns(id: string | undefined, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  if (id !== undefined) {
    const run = await client.call<Run>('GET', `/v1/runs/${encodeURIComponent(id)}`);
    print(run, () => runText(run), options);
    return;
  }
  const { runs } = await client.call<{ runs: Run[] }>('GET', '/v1/runs');
  print(runs, () => (runs.length === 0 ? NONE : list(runs)), options);
}

const NONE = 'nothing was trained yet: "trimtab train" does it.';

const list = (runs: readonly Run[]): string =>
  table(
    ['run', 'started', 'took', 'status', 'version', 'verdict'],
    runs.map((run) => [
      run.id,
      moment(run.startedAt),
      run.finishedAt === null ? '–' : duration(run.finishedAt - run.startedAt),
      run.status,
      run.version,
      run.error ?? run.progress.gate?.reason,
    ]),
  );
