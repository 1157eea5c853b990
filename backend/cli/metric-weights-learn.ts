import { Command, Option } from 'commander';
import { chooseDevice } from '../device/choose-device.ts';
import { UNIT_MODELS, type UnitModelKind } from '../science/metric-weighting/fit-unit-trees.ts';
import type { LearnedWeights } from '../science/metric-weighting/learned-weights.ts';
import {
  IMPORTANCE_KINDS,
  type ImportanceKind,
} from '../science/metric-weighting/unit-importance.ts';
import { learnFile } from '../runs/metric-weights/files/learn-file.ts';
import { positive } from './arguments.ts';
import { learnText } from './metric-weights-learn-text.ts';
import { print } from '../client/print.ts';

interface Options {
  readonly mapping?: string;
  readonly method: LearnedWeights['method'];
  readonly by: ImportanceKind;
  readonly model: UnitModelKind;
  readonly seed: number;
  readonly json?: boolean;
}

/** `trimtab metric-weights learn <file>`: on this machine, without a backend. */
export const metricWeightsLearnCommand = (): Command =>
  new Command('learn')
    .description(
      'which metrics foretell long-term value, learned from a file of units or experiments',
    )
    .argument('<file>', '.csv or .csv.gz')
    .option('--mapping <file.json>', 'what its columns are (default: the built-in one that fits)')
    .addOption(
      new Option('--method <name>', 'signed weights to decide by, or importance to read')
        .choices(['surrogate', 'importance'])
        .default('surrogate'),
    )
    .addOption(
      new Option('--by <figure>', 'of importance').choices(IMPORTANCE_KINDS).default('shap'),
    )
    .addOption(new Option('--model <kind>', 'of importance').choices(UNIT_MODELS).default('forest'))
    .option('--seed <n>', 'of what is drawn', positive, 1)
    .option('--json', 'print JSON, for machines')
    .action(learn);

async function learn(file: string, options: Options): Promise<void> {
  const usesDevice = options.method === 'importance' && options.model === 'boosted';
  const device = usesDevice ? await chooseDevice() : undefined;
  try {
    const { mapping, method, by, model, seed } = options;
    const learned = await learnFile(file, {
      method,
      by,
      model,
      seed,
      ...(mapping !== undefined && { mapping }),
      ...(device && { device }),
    });
    print(learned, () => learnText(learned), options);
  } finally {
    device?.close();
  }
}
