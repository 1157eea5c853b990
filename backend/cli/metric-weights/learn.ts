import { Option } from 'commander';
import { UNIT_MODELS, type UnitModelKind } from '../../science/metric-weighting/fit-unit-trees.ts';
import type { LearnedWeights } from '../../science/metric-weighting/learned-weights.ts';
import {
  IMPORTANCE_KINDS,
  type ImportanceKind,
} from '../../science/metric-weighting/importance-kind.ts';
import { positive } from '../command/arguments.ts';
import { localVerb } from '../command/verb.ts';
import { withTableOptions, type TableFileOptions } from '../items/item-file-options.ts';
import { learnText } from './learn-text.ts';
import { print } from '../../client/print.ts';

interface Options extends TableFileOptions {
  readonly mapping?: string;
  readonly method: LearnedWeights['method'];
  readonly by: ImportanceKind;
  readonly model: UnitModelKind;
  readonly seed: number;
  readonly json?: boolean;
}

/** `trimtab metric-weights learn <file>`: on this machine, without a backend. */
export const learnVerb = () =>
  withTableOptions(
    localVerb(
      'learn',
      'learn weights that predict long-term value from a file, without a backend',
    ).argument('<file>', '.csv or .tsv, also gzipped'),
  )
    .option(
      '--mapping <file.json>',
      'meaning of its columns (default: the built-in mapping that matches)',
    )
    .addOption(
      new Option('--method <name>', 'signed weights for decisions, or importance for reading')
        .choices(['surrogate', 'importance'])
        .default('surrogate'),
    )
    .addOption(
      new Option('--by <figure>', 'of importance').choices(IMPORTANCE_KINDS).default('shap'),
    )
    .addOption(new Option('--model <kind>', 'of importance').choices(UNIT_MODELS).default('forest'))
    .option('--seed <n>', 'of the random draws', positive, 1)
    .action(learn);

async function learn(file: string, options: Options): Promise<void> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const [{ chooseDevice }, { learnFile }] = await Promise.all([
    import('../../device/choose-device.ts'),
    import('../../runs/metric-weights/files/learn-file.ts'),
  ]);
  const usesDevice = options.method === 'importance' && options.model === 'boosted';
  const device = usesDevice ? await chooseDevice() : undefined;
  try {
    const { mapping, method, by, model, seed, delimiter, strip, decimal } = options;
    const learned = await learnFile(file, {
      method,
      by,
      model,
      seed,
      reading: { delimiter, strip, decimal },
      ...(mapping !== undefined && { mapping }),
      ...(device && { device }),
    });
    print(learned, () => learnText(learned), options);
  } finally {
    device?.close();
  }
}
