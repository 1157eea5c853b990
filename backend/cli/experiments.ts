import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../log.ts';
import { backendClient } from './backend-client.ts';
import {
  experimentText,
  sizeText,
  type ShownExperiment,
  type ShownSize,
} from './experiment-text.ts';
import { CliError } from './failure.ts';
import { print } from './print.ts';
import { moment, table } from './text.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export function experimentsCommand(): Command {
  const command = new Command('experiments').description(
    'compare versions, explorations and rewards on live traffic',
  );
  const verbs = [
    backendVerb('list', 'all experiments, newest first').action(list),
    createVerb(),
    backendVerb('start', 'start a draft')
      .argument('<id>')
      .option('--live-weights', 'read it by the metric weights of the day, not by those of now')
      .action(start),
    backendVerb('widen', 'let more of the traffic take part')
      .argument('<id>')
      .argument('<traffic>', 'share of the layer, 0.5', share)
      .action(widen),
    backendVerb('stop', 'stop it and freeze its report').argument('<id>').action(stop),
    backendVerb('show', 'what it says so far').argument('<id>').action(show),
    sizeVerb(),
  ];
  return verbs.reduce((whole, verb) => whole.addCommand(verb), command);
}

const createVerb = (): Command =>
  backendVerb('create', 'a draft, or with --start a running experiment')
    .requiredOption('--name <name>', 'what it is called')
    .option(
      '--arm <name=version:weight>',
      'the control first, like control=v000001:50; "control=:50" serves the champion of the start',
      arms,
      [],
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
    .option('--target <outcome>', 'of the self-test: the outcome that is the long-term value')
    .option('--start', 'start it at once')
    .option('--live-weights', 'read it by the metric weights of the day, not by those of the start')
    .action(create);

const DESIGNS = ['split', 'interleaved'];
const TRIGGERS = ['ranked', 'slate differs'];

interface CreateOptions extends VerbOptions {
  readonly name: string;
  readonly arm: readonly Arm[];
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
  if (selfTest === true && target === undefined)
    throw new CliError('--self-test needs --target <outcome>: the long-term value to read', 2);
  const made = await backendClient(options).call<ShownExperiment>('POST', '/v1/experiments', {
    ...(file === undefined ? {} : readJson(file)),
    name,
    ...(arm.length > 0 && { arms: arm }),
    ...Object.fromEntries(
      ['layer', 'unit', 'traffic', 'design', 'trigger', 'aa'].map((key) => [key, options[key]]),
    ),
    ...(metric && { metrics: metric }),
    ...(guardrails && { guardrails }),
    ...(minimum !== undefined && { minimumPerArm: minimum }),
    ...(selfTest && { selfTest: target }),
    ...(options.start && { start: true }),
    ...(options.liveWeights && { freezeWeights: false }),
  });
  const next = made.status === 'draft' ? `\n"trimtab experiments start ${made.id}" starts it.` : '';
  print(made, () => `${experimentText(made)}${next}`, options);
}

async function list(options: VerbOptions): Promise<void> {
  const { experiments } = await backendClient(options).call<{ experiments: ShownExperiment[] }>(
    'GET',
    '/v1/experiments',
  );
  const head = ['id', 'name', 'status', 'layer', 'traffic', 'arms', 'started'];
  const rows = experiments.map((one) => [
    one.id,
    one.name,
    one.status,
    one.layer,
    `${Number((one.traffic * 100).toFixed(1))} %`,
    one.arms.map(({ name, version }) => (version ? `${name} ${version}` : name)).join(', '),
    moment(one.startedAt),
  ]);
  print(
    experiments,
    () => (rows.length === 0 ? 'there is no experiment yet.' : table(head, rows)),
    options,
  );
}

const start = (id: string, options: VerbOptions & { liveWeights?: boolean }) =>
  act(options, `${pathOf(id)}/start`, { freezeWeights: options.liveWeights !== true });

const widen = (id: string, traffic: number, options: VerbOptions) =>
  act(options, `${pathOf(id)}/widen`, { traffic });

const stop = (id: string, options: VerbOptions) => act(options, `${pathOf(id)}/stop`);

async function act(options: VerbOptions, path: string, body?: unknown): Promise<void> {
  const found = await backendClient(options).call<ShownExperiment>('POST', path, body);
  print(found, () => experimentText(found), options);
}

async function show(id: string, options: VerbOptions): Promise<void> {
  const found = await backendClient(options).call<ShownExperiment>('GET', pathOf(id));
  print(found, () => experimentText(found), options);
}

const pathOf = (id: string) => `/v1/experiments/${encodeURIComponent(id)}`;

interface SizeOptions extends VerbOptions {
  readonly rate?: number;
  readonly mean?: number;
  readonly deviation?: number;
  readonly ratio?: Record<string, unknown>;
  readonly mde: number;
  readonly absolute?: boolean;
  readonly power: number;
  readonly alpha: number;
  readonly arms: number;
  readonly perDay?: number;
}

const sizeVerb = (): Command =>
  backendVerb('size', 'how many sessions it takes to find an effect')
    .option('--rate <share>', 'of a proportion: what it is today, like 0.05', number)
    .option('--mean <value>', 'of a mean: what it is today', number)
    .option('--deviation <value>', 'of a mean: standard deviation of a unit', number)
    .option(
      '--ratio <json>',
      'of a ratio: {"numerator":{"mean":…,"variance":…},"denominator":{…},"covariance":…}',
      json,
    )
    .requiredOption('--mde <share>', 'smallest effect worth finding, like 0.02 for 2 %', number)
    .option('--absolute', '--mde is in the metric’s own unit')
    .option('--power <share>', 'chance to find it', number, 0.8)
    .option('--alpha <share>', 'chance to find one that is not there', number, 0.05)
    .option('--arms <n>', 'the control included', number, 2)
    .option('--per-day <n>', 'units that come in a day', number)
    .action(size);

async function size(options: SizeOptions): Promise<void> {
  const { mde, absolute, power, alpha, arms: count, perDay } = options;
  const found = await backendClient(options).call<ShownSize>('POST', '/v1/experiments/size', {
    baseline: baselineOf(options),
    mde,
    relative: absolute !== true,
    power,
    alpha,
    arms: count,
    perDay,
  });
  print(found, () => sizeText(found), options);
}

function baselineOf({ rate, mean, deviation, ratio }: SizeOptions): Record<string, unknown> {
  if (rate !== undefined) return { kind: 'proportion', rate };
  if (mean !== undefined && deviation !== undefined)
    return { kind: 'mean', mean, variance: deviation * deviation };
  if (ratio !== undefined) return { kind: 'ratio', ...ratio };
  throw new CliError('say what is known: --rate, --mean and --deviation, or --ratio', 2);
}

function arms(text: string, before: readonly Arm[]): Arm[] {
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

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a number.');
  return value;
}

function share(text: string): number {
  const value = number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a share above 0, at most 1.');
}

function json(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${messageOf(error)}.`);
  }
}

function readJson(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file}: ${messageOf(error)}`, 2);
  }
}
