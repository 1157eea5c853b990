import { InvalidArgumentError, type Command } from 'commander';
import { messageOf } from '../../shared/text/message-of.ts';
import { count, facts } from '../../shared/text/text.ts';
import { number } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

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

export const sizeVerb = (): Command =>
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
  const { mde, absolute, power, alpha, arms, perDay } = options;
  const found = await backendClient(options).call<ShownSize>('POST', '/v1/experiments/size', {
    baseline: baselineOf(options),
    mde,
    relative: absolute !== true,
    power,
    alpha,
    arms,
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

function json(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${messageOf(error)}.`);
  }
}

interface ShownSize {
  readonly perArm: number;
  readonly total: number;
  readonly oneLook: number;
  readonly effect: number;
  readonly minimumPerArm: number;
  readonly days?: number;
}

function sizeText({ perArm, total, oneLook, effect, minimumPerArm, days }: ShownSize): string {
  const few =
    perArm < minimumPerArm
      ? `\nNo call is made on fewer than ${count(minimumPerArm)} per arm, whatever the power.`
      : '';
  return `${facts([
    ['per arm', perArm],
    ['in all', total],
    ['one look', `${count(oneLook)} per arm would do for one look, at a time fixed beforehand`],
    ['effect', String(Number(effect.toPrecision(4)))],
    ...(days === undefined ? [] : [['days', days] as const]),
  ])}${few}`;
}
