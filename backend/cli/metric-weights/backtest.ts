import type { Calls, SignCalls } from '../../science/metric-weighting/backtest.ts';
import type { FileBacktest } from '../../runs/metric-weights/files/learn-file.ts';
import { facts } from '../../../shared/text/text.ts';
import { localVerb } from '../command/verb.ts';
import { withTableOptions, type TableFileOptions } from '../items/item-file-options.ts';
import { figureText, sourceFacts } from './learn-text.ts';
import { print } from '../../client/print.ts';

interface Options extends TableFileOptions {
  readonly mapping?: string;
  readonly json?: boolean;
}

/** `trimtab metric-weights backtest <file>`: on this machine, without a backend. */
export const backtestVerb = () =>
  withTableOptions(
    localVerb(
      'backtest',
      'how often weights predict the sign of long-term effects, from a file',
    ).argument('<file>', 'past experiments, .csv or .tsv, also gzipped'),
  )
    .option(
      '--mapping <file.json>',
      'meaning of its columns (default: the built-in mapping that matches)',
    )
    .action(async (file: string, options: Options) => {
      // Imported here, so that the other verbs, which do not need it, start faster.
      const { backtestFile } = await import('../../runs/metric-weights/files/learn-file.ts');
      const { mapping, delimiter, strip, decimal } = options;
      const result = await backtestFile(file, mapping, { delimiter, strip, decimal });
      print(result, () => backtestText(result), options);
    });

function backtestText({ source, report }: FileBacktest): string {
  const head = facts(sourceFacts(source));
  if (report.kind === 'not-enough') return `${head}\n\n${report.message}`;
  const { toldApart, all } = report;
  return [
    head,
    'Signs of the long-term effect, predicted from early effects; for each experiment by weights learned from all others:',
    'kind' in toldApart ? toldApart.message : significantText(toldApart),
    callsText('all long-term effects, expected share predicted given their noise', all),
  ].join('\n\n');
}

const significantText = (calls: SignCalls): string =>
  `${callsText('significant long-term effects, share predicted', calls)}\n${facts([
    ['  only adaptive correct', calls.adaptiveOnly],
    ['  only fixed correct', calls.fixedOnly],
    ['  McNemar, exact', `p = ${calls.pValue.toFixed(3)}`],
  ])}`;

const callsText = (what: string, { treatments, experiments, ...calls }: Calls): string =>
  `${what} (${treatments} treatments of ${experiments} experiments):\n${facts([
    ['  adaptive weights', figureText(calls.adaptive)],
    ['  fixed weights', figureText(calls.fixed)],
    ['  difference, paired', figureText(calls.difference, true)],
  ])}`;
