import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { backendClient, json, segment } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { positive } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { findExperiment, WHICH } from '../experiments/find-experiment.ts';
import { shownText, warningText } from './text.ts';

interface Options extends VerbOptions {
  readonly schema: string;
  readonly author: string;
  readonly reason: string;
  readonly experiment?: string;
}

const overrideVerb = (name: string, description: string) =>
  backendVerb(name, description)
    .option('--schema <name>', 'name of the schema', 'smarttrip')
    .option('--experiment <experiment>', `for this experiment only: ${WHICH}`)
    .requiredOption('--author <name>', 'who decided')
    .requiredOption('--reason <text>', 'why');

export const setVerb = () =>
  overrideVerb('set', 'override the weights, from the next training run on')
    .argument('<weight...>', 'like click=1 booking=10 cancel=-5')
    .option('--days <n>', 'how long it is in force (default: until the next override)', positive)
    .option('--dry-run', 'only report what would change')
    .action(set);

export const withdrawOverrideVerb = () =>
  overrideVerb('withdraw', 'withdraw an override: the weights before it are in force again')
    .argument('[id]', 'which (default: the one in force)', positive)
    .action(withdraw);

async function set(
  entries: readonly string[],
  options: Options & { readonly days?: number; readonly dryRun?: boolean },
): Promise<void> {
  const { author, reason, days, dryRun = false } = options;
  const weights = weightsOf(entries);
  const { one, param, experimentId } = await target(options);
  const expiresAt = days === undefined ? undefined : Date.now() + days * DAY_MS;
  const shown = await json(
    one.$put({ param, json: { weights, author, reason, expiresAt, experimentId, dryRun } }),
  );
  print(shown, () => `${warningText(shown.warning, dryRun)}\n\n${shownText(shown)}`, options);
}

async function withdraw(id: number | undefined, options: Options): Promise<void> {
  const { author, reason } = options;
  const { one, param, experimentId } = await target(options);
  const shown = await json(
    one.withdraw.$post({ param, json: { author, reason, id, experimentId } }),
  );
  print(shown, () => shownText(shown), options);
}

async function target({ schema, experiment, ...options }: Options) {
  const client = backendClient(options);
  return {
    one: client['metric-weights'][':schema'],
    param: { schema: segment(schema) },
    experimentId: experiment && (await findExperiment(client, experiment)),
  };
}

function weightsOf(entries: readonly string[]): Record<string, number> {
  const weights = new Map<string, number>();
  for (const [metric, weight] of entries.map(readEntry)) {
    if (weights.has(metric))
      throw new CliError(`${metric} has two weights: say which of them it is`, 2);
    weights.set(metric, weight);
  }
  return Object.fromEntries(weights);
}

function readEntry(entry: string): [string, number] {
  const match = /^([a-z0-9_.]+)=(-?\d+(?:\.\d+)?)$/.exec(entry);
  if (match === null) throw new CliError(`"${entry}" must look like click=1`, 2);
  return [match[1], Number(match[2])];
}
