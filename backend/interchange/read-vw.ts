import { invalid } from '../../shared/domain/errors.ts';
import { murmur3 } from '../../shared/explore/murmur3.ts';
import { bucketCount, type Schema } from '../../shared/features/schema.ts';

/**
 * Vowpal Wabbit's readable models (`--readable_model`: lines of `hash:weight`; `--invert_hash`: `name:hash:weight`), for weights of buckets. The
 * hash of a feature is MurmurHash3 of its name seeded by that of its namespace, or its name's number where that is digits
 * (`--hash strings`), cut to `bits`.
 */
export interface VwModel {
  /** Feature → weight by bucket from 0 (missing). */
  readonly weights: Readonly<Record<string, readonly number[]>>;
  /** Weight of the constant: what all items of a slate share. */
  readonly constant: number;
  /** What it predicts is a cost: less is better. */
  readonly isCost: boolean;
  /** Whether its prediction is a log-odds. */
  readonly isLogistic: boolean;
  readonly reductions: string;
}

const CONSTANT = 11_650_396;
/** The reductions that make one score of one weight per feature. */
const COSTS = new Set(['--cb_adf', '--cb_explore_adf']);
/** Those that have several weights per feature, or weights of pairs. */
const REFUSED = new Set([
  '-q',
  '--quadratic',
  '--cubic',
  '--interactions',
  '--oaa',
  '--ect',
  '--csoaa',
  '--csoaa_ldf',
  '--wap_ldf',
  '--cb',
  '--cb_explore',
  '--ccb_explore_adf',
  '--slates',
  '--cats',
  '--nn',
  '--lrq',
  '--rank',
  '--bfgs_multipass',
  '--boosting',
  '--ksvm',
  '--autolink',
  '--lda',
]);

/** @param names how a bucket is written, with `{feature}` or `{index}` and `{bucket}`, and `namespace^` in front where there is one. */
export function readVw(text: string, schema: Schema, names = '{feature}_{bucket}'): VwModel {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const end = lines.indexOf(':0');
  if (!lines[0].startsWith('Version ') || end < 0)
    throw invalid(
      'the file is no readable model of Vowpal Wabbit: save one by --readable_model or --invert_hash',
    );
  const header = lines.slice(0, end);
  const valueOf = (key: string) =>
    header
      .find((line) => line.startsWith(key))
      ?.slice(key.length)
      .trim();
  const bits = Number(valueOf('bits:'));
  if (!Number.isInteger(bits) || bits < 1 || bits > 32)
    throw invalid(`the model's bits are ${valueOf('bits:')}`);
  const options = (valueOf('options:') ?? '').split(/[\s=]+/).filter(Boolean);
  const refused = options.find((option) => REFUSED.has(option));
  if (refused !== undefined)
    throw invalid(
      `the model was trained with ${refused}: read are linear models, also of --cb_adf and --cb_explore_adf with --cb_type mtr, without interactions`,
    );
  const given = (option: string): string | undefined =>
    options.includes(option) ? options[options.indexOf(option) + 1] : undefined;
  const isCost = options.some((option) => COSTS.has(option));
  const type = given('--cb_type') ?? 'mtr';
  if (isCost && type !== 'mtr')
    throw invalid(`the model was trained with --cb_type ${type}: mtr is read`);
  const hashed = hashedBuckets(schema, names, {
    bits,
    seed: Number(given('--hash_seed') ?? 0),
    isAll: given('--hash') === 'all',
  });
  const weights: Record<string, number[]> = {};
  for (const spec of schema.features)
    weights[spec.name] = Array.from({ length: bucketCount(spec) }, () => 0);
  let constant = 0;
  lines.slice(end + 1).forEach((line, i) => {
    if (line.trim() === '') return;
    // Learners that keep state write more numbers behind the weight.
    const match = /^(?:(.*):)?(\d+):(\S+)(?: .*)?$/.exec(line);
    const weight = Number(match?.[3]);
    if (match === null || !Number.isFinite(weight))
      throw invalid(`line ${end + 2 + i} of the model is no weight: ${line.slice(0, 60)}`);
    const index = Number(match[2]);
    if (match[1] === 'Constant' || (index === CONSTANT % 2 ** bits && !hashed.has(index))) {
      constant = weight;
      return;
    }
    const buckets = hashed.get(index);
    if (buckets === undefined) {
      if (weight === 0) return;
      throw invalid(
        `the model has a weight for ${match[1] === undefined ? `the hash ${index}` : `"${match[1]}"`}, which is no bucket of schema ${schema.name} by the names ${names}: say by --names how buckets are written`,
      );
    }
    // Where two have one hash, they share its weight in Vowpal Wabbit as well.
    for (const { feature, bucket } of buckets) weights[feature][bucket] = weight;
  });
  return {
    weights,
    constant,
    isCost,
    isLogistic: given('--link') === 'logistic',
    reductions: options.filter((option) => option.startsWith('--cb')).join(' ') || 'linear',
  };
}

interface Bucket {
  readonly feature: string;
  readonly bucket: number;
}

interface Hashing {
  readonly bits: number;
  readonly seed: number;
  /** Names of digits are hashed as well. */
  readonly isAll: boolean;
}

function hashedBuckets(
  { features }: Schema,
  names: string,
  { bits, seed, isAll }: Hashing,
): Map<number, Bucket[]> {
  const hash = (text: string, from: number): number =>
    !isAll && /^\d+$/.test(text)
      ? (Number(BigInt.asUintN(32, BigInt(text))) + from) >>> 0
      : murmur3(text, from);
  const found = new Map<number, Bucket[]>();
  features.forEach((spec, i) => {
    for (let bucket = 0; bucket < bucketCount(spec); bucket++) {
      const whole = names
        .replaceAll('{feature}', () => spec.name.replaceAll(/[\s|:]/g, '_'))
        .replaceAll('{index}', String(i))
        .replaceAll('{bucket}', String(bucket));
      const at = whole.indexOf('^');
      const space = at < 0 ? undefined : whole.slice(0, at);
      const from = space === undefined ? (seed === 0 ? 0 : murmur3('', seed)) : hash(space, seed);
      const index = hash(whole.slice(at + 1), from) % 2 ** bits;
      const others = found.get(index) ?? [];
      others.push({ feature: spec.name, bucket });
      found.set(index, others);
    }
  });
  return found;
}
