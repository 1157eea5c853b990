import { Command } from 'commander';
import type { Calls, SignCalls } from '../science/metric-weighting/backtest.ts';
import { backtestFile, type FileBacktest } from '../runs/metric-weights/files/learn-file.ts';
import { facts } from '../../shared/text/text.ts';
import { figureText, sourceFacts } from './metric-weights-learn-text.ts';
import { print } from '../client/print.ts';

interface Options {
  readonly mapping?: string;
  readonly json?: boolean;
}

/** `trimtab metric-weights backtest <file>`: on this machine, without a backend. */
export const metricWeightsBacktestCommand = (): Command =>
  new Command('backtest')
    .description('how often learned weights would have called the sign of long-term effects')
    .argument('<file>', 'past experiments, .csv or .csv.gz')
    .option('--mapping <file.json>', 'what its columns are (default: the built-in one that fits)')
    .option('--json', 'print JSON, for machines')
    .action(async (file: string, options: Options) => {
      const result = await backtestFile(file, options.mapping);
      print(result, () => backtestText(result), options);
    });

function backtestText({ source, report }: FileBacktest): string {
  const head = facts(sourceFacts(source));
  if (report.kind === 'not-enough') return `${head}\n\n${report.message}`;
  const { toldApart, all } = report;
  return [
    head,
    'Signs of the long-term effect called from the early effects, each experiment by weights learned from all others:',
    'kind' in toldApart ? toldApart.message : toldApartText(toldApart),
    callsText('all long-term effects, expected share right given their noise', all),
  ].join('\n\n');
}

const toldApartText = (calls: SignCalls): string =>
  `${callsText('long-term effects told apart from 0, share right', calls)}\n${facts([
    ['  only adaptive right', calls.adaptiveOnly],
    ['  only fixed right', calls.fixedOnly],
    ['  McNemar, exact', `p = ${calls.pValue.toFixed(3)}`],
  ])}`;

const callsText = (what: string, { treatments, experiments, ...calls }: Calls): string =>
  `${what} (${treatments} treatments of ${experiments} experiments):\n${facts([
    ['  adaptive weights', figureText(calls.adaptive)],
    ['  fixed weights', figureText(calls.fixed)],
    ['  difference, paired', figureText(calls.difference, true)],
  ])}`;
