import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { ComparisonProgress, ComparisonResult } from '../runs/compare/comparison-messages.ts';
import {
  comparisonReportMarkdown,
  comparisonReportText,
} from '../science/training/comparison-report-text.ts';
import { LEARNERS, type LearnerName } from '../science/learn/learners/learner.ts';
import { count } from '../../shared/text/text.ts';
import { positive, version } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { note, print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Options extends VerbOptions {
  readonly learners?: readonly LearnerName[];
  readonly folds?: number;
  readonly parent?: string;
  readonly schema?: string;
  readonly seed?: number;
  readonly force?: boolean;
  readonly markdown?: boolean;
}

/** A comparison's run: the part of `GET /v1/runs/{id}` that is read here. */
interface Run {
  readonly status: 'queued' | 'running' | 'done' | 'failed';
  readonly error: string | null;
  readonly progress: Partial<ComparisonProgress> | ({ readonly phase: 'done' } & ComparisonResult);
}

const POLL_MS = 500;

export const compareCommand = (): Command =>
  backendVerb('compare', 'learn with several learners from the same log, and tell them apart')
    .option('--learners <list>', `separated by commas (default: ${LEARNERS.join(',')})`, learners)
    .option('--folds <n>', 'also cross-validate in so many folds by session', positive)
    .option('--parent <version>', 'what all start from (default: the champion)', version)
    .option('--schema <name or hash>', 'whose rankings to learn from')
    .option('--seed <n>', 'of what is drawn', positive)
    .option('--force', 'compare on too little data')
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
  const { runId } = await client.call<{ runId: string }>('POST', '/v1/compare', {
    learners: wanted,
    folds,
    parent,
    schema,
    seed,
    force,
  });
  let told = '';
  for (;;) {
    const { status, error, progress } = await client.call<Run>('GET', `/v1/runs/${runId}`);
    if (status === 'failed') throw new CliError(`the comparison failed: ${error}`);
    if (progress.phase === 'done') {
      const { report, missing } = progress as ComparisonResult;
      if (missing.length > 0) note(`compared without ${missing.join(', ')}`);
      const form = markdown === true ? comparisonReportMarkdown : comparisonReportText;
      print(report, () => form(report).trimEnd(), options);
      return;
    }
    const stage = stageOf(progress);
    if (stage !== told) note(stage);
    told = stage;
    await sleep(POLL_MS);
  }
}

function stageOf(progress: Partial<ComparisonProgress>): string {
  if (progress.phase === 'reading') return `reading: ${count(progress.slates ?? 0)} rankings`;
  if (progress.phase !== 'comparing') return 'starting';
  return `learning: ${progress.learner}${progress.fold === 0 ? '' : `, fold ${progress.fold}`}`;
}
