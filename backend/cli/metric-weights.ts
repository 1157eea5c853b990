import { Command } from 'commander';
import { positive } from './arguments.ts';
import { backendClient } from './backend-client.ts';
import { CliError } from './failure.ts';
import { metricWeightsBacktestCommand } from './metric-weights-backtest.ts';
import { metricWeightsLearnCommand } from './metric-weights-learn.ts';
import { print } from './print.ts';
import { moment, table } from './text.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Shown {
  readonly schema: string;
  readonly inForce: {
    readonly weights: Readonly<Record<string, number>>;
    readonly source: 'set' | 'schema';
  };
  readonly history: readonly {
    readonly createdAt: number;
    readonly author: string;
    readonly reason: string;
  }[];
}

interface SetOptions extends VerbOptions {
  readonly author: string;
  readonly reason: string;
  readonly days?: number;
}

const DAY_MS = 86_400_000;

export function metricWeightsCommand(): Command {
  const command = new Command('metric-weights').description('what training rewards');
  command.addCommand(
    backendVerb('get', 'what is in force')
      .argument('[schema]', 'name of the schema', 'smarttrip')
      .action(get),
  );
  command.addCommand(
    backendVerb('set', 'what counts from the next training run on')
      .argument('<weight...>', 'like click=1 booking=10')
      .option('--schema <name>', 'name of the schema', 'smarttrip')
      .option('--days <n>', 'how long it counts (default: until set again)', positive)
      .requiredOption('--author <name>', 'who decided')
      .requiredOption('--reason <text>', 'why')
      .action(set),
  );
  command.addCommand(metricWeightsLearnCommand());
  command.addCommand(metricWeightsBacktestCommand());
  return command;
}

async function get(schema: string, options: VerbOptions): Promise<void> {
  const shown = await backendClient(options).call<Shown>('GET', pathOf(schema));
  print(shown, () => text(shown), options);
}

async function set(
  entries: readonly string[],
  options: SetOptions & { schema: string },
): Promise<void> {
  const { author, reason, days, schema } = options;
  const shown = await backendClient(options).call<Shown>('PUT', pathOf(schema), {
    weights: Object.fromEntries(entries.map(readEntry)),
    author,
    reason,
    ...(days === undefined ? {} : { expiresAt: Date.now() + days * DAY_MS }),
  });
  print(shown, () => text(shown), options);
}

const pathOf = (schema: string) => `/v1/metric-weights/${encodeURIComponent(schema)}`;

function readEntry(entry: string): [string, number] {
  const match = /^([a-z0-9_.]+)=(-?\d+(?:\.\d+)?)$/.exec(entry);
  if (match === null) throw new CliError(`"${entry}" must look like click=1`, 2);
  return [match[1], Number(match[2])];
}

function text({ schema, inForce, history }: Shown): string {
  const weights = Object.entries(inForce.weights);
  const last = history[0];
  const origin =
    inForce.source === 'schema' || last === undefined
      ? 'as the schema says'
      : `set ${moment(last.createdAt)} by ${last.author}: ${last.reason}`;
  return `${schema}, ${origin}\n\n${table(['metric', 'worth'], weights)}`;
}
