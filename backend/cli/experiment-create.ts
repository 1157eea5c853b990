import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { messageOf } from '../../shared/text/message-of.ts';
import { share } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import { experimentText, type ShownExperiment } from './experiment-text.ts';
import { CliError } from '../client/failure.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export const createVerb = (): Command =>
  backendVerb('create', 'a draft, or with --start a running experiment')
    .requiredOption('--name <name>', 'what it is called')
    .option(
      '--arm <name=version:weight>',
      'the control first, like control=v000001:50; "control=:50" serves the champion of the start',
      arms,
    )
    .option('--file <json>', 'all of it, as the HTTP interface takes it; options come on top')
    .option('--layer <name>', 'experiments of one layer never share a visitor')
    .addOption(
      new Option('--unit <unit>', 'what a new layer counts by').choices(['session', 'user']),
    )
    .option('--traffic <share>', 'share of the layer that takes part', share)
    .addOption(new Option('--design <design>', 'split, or one drafted slate').choices(DESIGNS))
    .addOption(new Option('--trigger <when>', 'what counts as exposed').choices(TRIGGERS))
    .option('--metric <name...>', 'default metrics to read, in this order')
    .option('--guardrail <metric=margin...>', 'like conversion=0.01: at most 1 % worse', guardrail)
    .option('--minimum <n>', 'units per arm before any call (default: 1,000)', Number)
    .option('--aa', 'arms that differ in nothing, on purpose')
    .option('--self-test', 'one arm trained on fixed, one on adaptive reward')
    .option(
      '--target <outcome>',
      'of the self-test: the outcome that is the long-term value (default: that of metric weights)',
    )
    .option('--start', 'start it at once')
    .option('--live-weights', 'read it by the metric weights of the day, not by those of the start')
    .action(create);

const DESIGNS = ['split', 'interleaved'];
const TRIGGERS = ['ranked', 'slate differs'];

interface CreateOptions extends VerbOptions {
  readonly name: string;
  readonly arm?: readonly Arm[];
  readonly file?: string;
  readonly metric?: readonly string[];
  readonly guardrail?: readonly { readonly metric: string; readonly margin: number }[];
  readonly minimum?: number;
  readonly selfTest?: boolean;
  readonly target?: string;
  readonly start?: boolean;
  readonly liveWeights?: boolean;
  readonly [field: string]: unknown;
}

interface Arm {
  readonly name: string;
  readonly weight: number;
  readonly version?: string;
}

async function create(options: CreateOptions): Promise<void> {
  const { name, arm, file, metric, guardrail: guardrails, minimum, selfTest, target } = options;
  const made = await backendClient(options).call<ShownExperiment>('POST', '/v1/experiments', {
    ...(file === undefined ? {} : readJson(file)),
    name,
    ...(arm && { arms: arm }),
    ...Object.fromEntries(
      ['layer', 'unit', 'traffic', 'design', 'trigger', 'aa']
        .filter((key) => options[key] !== undefined)
        .map((key) => [key, options[key]]),
    ),
    ...(metric && { metrics: metric }),
    ...(guardrails && { guardrails }),
    ...(minimum !== undefined && { minimumPerArm: minimum }),
    ...(selfTest && { selfTest: target ?? true }),
    ...(options.start && { start: true }),
    ...(options.liveWeights && { freezeWeights: false }),
  });
  const next = made.status === 'draft' ? `\n"trimtab experiments start ${made.id}" starts it.` : '';
  print(made, () => `${experimentText(made)}${next}`, options);
}

function arms(text: string, before: readonly Arm[] = []): Arm[] {
  const match = /^([a-z0-9-]{1,40})=(v\d{6,9})?(?::(\d+(?:\.\d+)?))?$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('It must look like control=v000001:50, or control=:50.');
  const [, name, version, weight = '50'] = match;
  return [...before, { name, weight: Number(weight), ...(version && { version }) }];
}

function guardrail(text: string, before: { metric: string; margin: number }[] = []) {
  const [metric, margin, ...rest] = text.split('=');
  if (!(Number(margin) >= 0) || rest.length > 0)
    throw new InvalidArgumentError('It must look like conversion=0.01.');
  return [...before, { metric, margin: Number(margin) }];
}

function readJson(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file}: ${messageOf(error)}`, 2);
  }
}
