import { Command } from 'commander';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { positive } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { findExperiment } from './find-experiment.ts';
import { metricWeightsBacktestCommand } from './metric-weights-backtest.ts';
import { metricWeightsLearnCommand } from './metric-weights-learn.ts';
import {
  historyText,
  shownText,
  unitsText,
  verificationText,
  warningText,
  type Shown,
  type Units,
  type Verification,
} from './metric-weights-text.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Options extends VerbOptions {
  readonly schema: string;
}

interface AuthorOptions extends Options {
  readonly author: string;
  readonly reason: string;
  readonly experiment?: string;
}

export function metricWeightsCommand(): Command {
  const command = new Command('metric-weights').description('what training rewards');
  const reading = (name: string, description: string) =>
    backendVerb(name, description).argument('[schema]', 'name of the schema', 'smarttrip');
  const deciding = (name: string, description: string) =>
    backendVerb(name, description)
      .option('--schema <name>', 'name of the schema', 'smarttrip')
      .option(
        '--experiment <experiment>',
        'of this one only: its name, its id or the beginning of it',
      )
      .requiredOption('--author <name>', 'who decided')
      .requiredOption('--reason <text>', 'why');
  command.addCommand(reading('get', 'what is in force, and what was learned').action(get));
  command.addCommand(
    deciding('set', 'what counts from the next training run on')
      .argument('<weight...>', 'like click=1 booking=10 cancel=-5')
      .option('--days <n>', 'how long it counts (default: until set again)', positive)
      .option('--dry-run', 'only say what would change')
      .action(set),
  );
  command.addCommand(
    deciding('withdraw', 'take back what was set: what was in force before counts again')
      .argument('[id]', 'which (default: the one in force)', positive)
      .action(withdraw),
  );
  command.addCommand(reading('history', 'all that was learned and set').action(historyOf));
  command.addCommand(
    reading('verify', 'was the history tampered with? exit code 1 if so').action(verify),
  );
  command.addCommand(reading('units', 'what there is to learn from').action(units));
  command.addCommand(reading('learn-now', 'learn from what is logged, now').action(learnNow));
  command.addCommand(metricWeightsLearnCommand());
  command.addCommand(metricWeightsBacktestCommand());
  return command;
}

async function get(schema: string, options: VerbOptions): Promise<void> {
  const shown = await backendClient(options).call<Shown>('GET', pathOf(schema));
  print(shown, () => shownText(shown), options);
}

async function set(
  entries: readonly string[],
  options: AuthorOptions & { readonly days?: number; readonly dryRun?: boolean },
): Promise<void> {
  const { author, reason, days, schema, experiment, dryRun = false } = options;
  const shown = await backendClient(options).call<Shown & { warning: string[] }>(
    'PUT',
    pathOf(schema),
    {
      weights: Object.fromEntries(entries.map(readEntry)),
      author,
      reason,
      ...(days === undefined ? {} : { expiresAt: Date.now() + days * DAY_MS }),
      ...(experiment && { experimentId: await findExperiment(experiment, options) }),
      ...(dryRun && { dryRun }),
    },
  );
  print(shown, () => `${warningText(shown.warning, dryRun)}\n\n${shownText(shown)}`, options);
}

async function withdraw(id: number | undefined, options: AuthorOptions): Promise<void> {
  const { author, reason, schema, experiment } = options;
  const shown = await backendClient(options).call<Shown>('POST', `${pathOf(schema)}/withdraw`, {
    author,
    reason,
    ...(id === undefined ? {} : { id }),
    ...(experiment && { experimentId: await findExperiment(experiment, options) }),
  });
  print(shown, () => shownText(shown), options);
}

async function historyOf(schema: string, options: VerbOptions): Promise<void> {
  const { history } = await backendClient(options).call<Shown>('GET', pathOf(schema));
  print(history, () => historyText(history), options);
}

async function verify(schema: string, options: VerbOptions): Promise<void> {
  const found = await backendClient(options).call<Verification>('GET', `${pathOf(schema)}/verify`);
  print(found, () => verificationText(found), options);
  if (!found.intact)
    throw new CliError(`the history of ${schema} was tampered with: see trimtab audit`);
}

async function units(schema: string, options: VerbOptions): Promise<void> {
  const found = await backendClient(options).call<Units>('GET', `${pathOf(schema)}/units`);
  print(found, () => unitsText(found), options);
}

async function learnNow(schema: string, options: VerbOptions): Promise<void> {
  const shown = await backendClient(options).call<Shown & { recorded: readonly number[] }>(
    'POST',
    `${pathOf(schema)}/learn`,
  );
  const news =
    shown.recorded.length === 0
      ? 'Learned anew: all of it abstains as before.'
      : `Learned anew: ${shown.recorded.join(', ')} in the history.`;
  print(shown, () => `${news}\n\n${shownText(shown)}`, options);
}

const pathOf = (schema: string) => `/v1/metric-weights/${encodeURIComponent(schema)}`;

function readEntry(entry: string): [string, number] {
  const match = /^([a-z0-9_.]+)=(-?\d+(?:\.\d+)?)$/.exec(entry);
  if (match === null) throw new CliError(`"${entry}" must look like click=1`, 2);
  return [match[1], Number(match[2])];
}
