import { count, facts } from '../../../shared/text/text.ts';
import { backendClient, json, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { jsonValue, number } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

/** What `POST /v1/experiments/size` takes. */
type Asked = Parameters<BackendClient['experiments']['size']['$post']>[0]['json'];

interface SizeOptions extends VerbOptions {
  readonly rate?: number;
  readonly mean?: number;
  readonly deviation?: number;
  readonly ratio?: unknown;
  readonly mde: number;
  readonly absolute?: boolean;
  readonly power: number;
  readonly alpha: number;
  readonly arms: number;
  readonly perDay?: number;
}

export const sizeVerb = () =>
  backendVerb('size', 'sample size that detects an effect')
    .option('--rate <share>', 'of a proportion: its value today, like 0.05', number)
    .option('--mean <value>', 'of a mean: its value today', number)
    .option('--deviation <value>', 'of a mean: standard deviation of a unit', number)
    .option(
      '--ratio <json>',
      'of a ratio: {"numerator":{"mean":…,"variance":…},"denominator":{…},"covariance":…}',
      jsonValue,
    )
    .requiredOption('--mde <share>', 'minimum detectable effect, like 0.02 for 2 %', number)
    .option('--absolute', '--mde is in the metric’s own unit')
    .option('--power <share>', 'probability to detect it', number, 0.8)
    .option('--alpha <share>', 'probability to report an effect where there is none', number, 0.05)
    .option('--arms <n>', 'the control included', number, 2)
    .option('--per-day <n>', 'units per day', number)
    .action(size);

async function size(options: SizeOptions): Promise<void> {
  const { mde, absolute, power, alpha, arms, perDay } = options;
  const relative = absolute !== true;
  const asked = { baseline: baselineOf(options), mde, relative, power, alpha, arms, perDay };
  const found = await json(backendClient(options).experiments.size.$post({ json: asked }));
  print(found, () => sizeText(found), options);
}

function baselineOf({ rate, mean, deviation, ratio }: SizeOptions): Asked['baseline'] {
  if (rate !== undefined) return { kind: 'proportion', rate };
  if (mean !== undefined && deviation !== undefined)
    return { kind: 'mean', mean, variance: deviation * deviation };
  // The backend checks it.
  if (ratio !== undefined) return { kind: 'ratio', ...(ratio as object) } as Asked['baseline'];
  throw new CliError('the baseline is missing: give --rate, --mean and --deviation, or --ratio', 2);
}

type Size = Answer<'/v1/experiments/size', '$post'>;

function sizeText({ perArm, total, oneLook, effect, minimumPerArm, days }: Size): string {
  const few =
    perArm < minimumPerArm
      ? `\nNo verdict is given on fewer than ${count(minimumPerArm)} units per arm, whatever the power.`
      : '';
  return `${facts([
    ['per arm', perArm],
    ['total', total],
    [
      'fixed horizon',
      `${count(oneLook)} per arm, where it is analysed once, at a time fixed beforehand`,
    ],
    ['effect', String(Number(effect.toPrecision(4)))],
    ...(days === undefined ? [] : [['days', days] as const]),
  ])}${few}`;
}
