import { InvalidArgumentError } from 'commander';
import type { Version } from '../../../shared/domain/ids.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note, print } from '../../client/print.ts';
import { LEARNERS, type LearnerName } from '../../science/learn/learners/learner.ts';
import {
  comparisonReportMarkdown,
  comparisonReportText,
} from '../../science/training/comparison-report-text.ts';
import { positive, version } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { follow } from './follow.ts';

interface Options extends VerbOptions {
  readonly learners?: LearnerName[];
  readonly folds?: number;
  readonly parent?: Version;
  readonly schema?: string;
  readonly seed?: number;
  readonly force?: boolean;
  readonly markdown?: boolean;
}

export const compareVerb = () =>
  backendVerb('compare', 'train several learners on the same log, and compare them')
    .option('--learners <list>', `separated by commas (default: ${LEARNERS.join(',')})`, learners)
    .option('--folds <n>', 'also cross-validate in n folds by visitor', positive)
    .option('--parent <version>', 'what all start from (default: the champion)', version)
    .option('--schema <name or hash>', 'whose rankings to learn from')
    .option('--seed <n>', 'of the random draws', positive)
    .option('--force', 'compare even on too little data')
    .option('--markdown', 'print Markdown, with every feature')
    .action(compare);

function learners(text: string): LearnerName[] {
  return text.split(',').map((name) => {
    const learner = LEARNERS.find((known) => known === name);
    if (learner === undefined)
      throw new InvalidArgumentError(`"${name}" is none of ${LEARNERS.join(', ')}.`);
    return learner;
  });
}

async function compare(options: Options): Promise<void> {
  const { learners: wanted, folds, parent, schema, seed, force, markdown } = options;
  const client = backendClient(options);
  const asked = { learners: wanted, folds, parent, schema, seed, force };
  const { runId } = await json(client.compare.$post({ json: asked }));
  const { error, progress } = await follow(client, runId);
  const { report, missing = [] } = progress;
  if (report === undefined) throw new CliError(`the comparison failed: ${error}`);
  if (missing.length > 0) note(`the data lacks ${missing.join(', ')}`);
  const form = markdown === true ? comparisonReportMarkdown : comparisonReportText;
  print(report, () => form(report).trimEnd(), options);
}
