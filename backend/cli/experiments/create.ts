import { InvalidArgumentError, Option } from 'commander';
import { numberFromText } from '../../../shared/domain/number-text.ts';
import { isVersion, type Version } from '../../../shared/domain/ids.ts';
import { backendClient, json, type BackendClient } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { share } from '../command/arguments.ts';
import { readJsonFile } from '../command/read-json-file.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { experimentText } from './experiment-text.ts';

export const createVerb = () =>
  backendVerb('create', 'a draft, or with --start a running experiment')
    .requiredOption('--name <name>', 'name of the experiment')
    .option(
      '--arm <name=version:weight>',
      'the control first, like control=v000001:50; control=:50 serves the champion of its start',
      arms,
    )
    .option('--file <json>', 'the body of POST /v1/experiments; options override it')
    .option('--layer <name>', 'experiments of one layer never share a visitor')
    .addOption(
      new Option('--unit <unit>', 'unit of randomisation of a new layer').choices([
        'session',
        'user',
      ]),
    )
    .option('--traffic <share>', 'share of the layer that takes part', share)
    .option(
      '--ramp <steps>',
      'grows by itself: 0.01,0.05@24h,0.2@10000,0.5@2027-01-08T09:00Z (after hours, after searches, at a moment)',
      ramp,
    )
    .addOption(
      new Option('--design <design>', 'split traffic, or interleaved slates').choices(DESIGNS),
    )
    .addOption(new Option('--trigger <when>', 'which rankings count as exposure').choices(TRIGGERS))
    .option(
      '--metric <name...>',
      'metrics to report, in this order ("trimtab experiments metrics" lists them)',
    )
    .option('--guardrail <metric=margin...>', 'like conversion=0.01: at most 1 % worse', guardrail)
    .option('--minimum <n>', 'units per arm before any verdict (default: 1,000)', Number)
    .option('--aa', 'an A/A test: arms that do not differ')
    .option('--self-test', 'one arm trained on fixed, one on adaptive reward')
    .option(
      '--target <outcome>',
      'of the self-test: the outcome that is the long-term value (default: the target of the metric weights)',
    )
    .option(
      '--placement <name...>',
      'whose rankings may enter it: one with a lineage of its own, or any without (default: all without)',
    )
    .option('--start', 'start it at once')
    .option('--live-weights', 'analyse with the metric weights of the day, not those of its start')
    .action(create);

const DESIGNS = ['split', 'interleaved'] as const;
const TRIGGERS = ['ranked', 'slate differs'] as const;

/** What `POST /v1/experiments` takes. */
type Asked = Parameters<BackendClient['experiments']['$post']>[0]['json'];

interface Options
  extends
    VerbOptions,
    Pick<Asked, 'layer' | 'unit' | 'traffic' | 'ramp' | 'design' | 'trigger' | 'aa'> {
  readonly name: string;
  readonly arm?: Arm[];
  readonly file?: string;
  readonly metric?: string[];
  readonly guardrail?: NonNullable<Asked['guardrails']>;
  readonly minimum?: number;
  readonly selfTest?: boolean;
  readonly target?: string;
  readonly placement?: string[];
  readonly start?: boolean;
  readonly liveWeights?: boolean;
}

interface Arm {
  readonly name: string;
  readonly weight: number;
  readonly version?: Version;
}

async function create(options: Options): Promise<void> {
  const { name, arm, file, metric, guardrail: guardrails, minimum, selfTest, target } = options;
  const { layer, unit, traffic, ramp: steps, design, trigger, aa } = options;
  const given: Asked = {
    name,
    arms: arm,
    layer,
    unit,
    traffic,
    ramp: steps,
    design,
    trigger,
    aa,
    metrics: metric,
    guardrails,
    minimumPerArm: minimum,
    selfTest: selfTest ? (target ?? true) : undefined,
    placements: options.placement,
    start: options.start,
    freezeWeights: options.liveWeights ? false : undefined,
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const fromFile = file === undefined ? {} : (readJsonFile(file) as object);
  const asked = { ...fromFile, ...Object.fromEntries(present) } as Asked;
  const made = await json(backendClient(options).experiments.$post({ json: asked }));
  const next = made.status === 'draft' ? `\n"trimtab experiments start ${made.id}" starts it.` : '';
  print(made, () => `${experimentText(made)}${next}`, options);
}

function ramp(text: string): NonNullable<Asked['ramp']> {
  return text.split(',').map((step) => {
    const [given, when, ...more] = step.split('@');
    const traffic = numberFromText(given);
    if (Number.isNaN(traffic) || more.length > 0)
      throw new InvalidArgumentError('It must look like 0.01,0.05@24h,0.2@10000.');
    if (when === undefined) return { traffic };
    if (/^\d+(\.\d+)?h$/.test(when)) return { traffic, afterHours: Number(when.slice(0, -1)) };
    if (/^\d{1,9}$/.test(when)) return { traffic, afterSearches: Number(when) };
    return { traffic, at: when };
  });
}

function arms(text: string, before: readonly Arm[] = []): Arm[] {
  const match = /^([a-z0-9-]{1,40})=(v\d{6,9})?(?::(\d+(?:\.\d+)?))?$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('It must look like control=v000001:50, or control=:50.');
  const [, name, version, weight = '50'] = match;
  return [...before, { name, weight: Number(weight), ...(isVersion(version) && { version }) }];
}

function guardrail(text: string, before: { metric: string; margin: number }[] = []) {
  const [metric, given = '', ...rest] = text.split('=');
  // An empty margin is none, and not 0.
  const margin = numberFromText(given);
  if (metric === '' || !(margin >= 0) || rest.length > 0)
    throw new InvalidArgumentError('It must look like conversion=0.01.');
  return [...before, { metric, margin }];
}
