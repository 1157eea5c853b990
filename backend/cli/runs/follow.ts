import { setTimeout as sleep } from 'node:timers/promises';
import { count } from '../../../shared/text/text.ts';
import { json, segment, type BackendClient } from '../../client/backend-client.ts';
import { note } from '../../client/print.ts';
import type { Run } from '../../http/answers.ts';

const POLL_MS = 500;

/** Waits for the end of a run, with a line on stderr for each new stage. @returns the run as it ended. */
export async function follow(client: BackendClient, runId: string): Promise<Run> {
  let last = '';
  for (;;) {
    const run = await json(client.runs[':id'].$get({ param: { id: segment(runId) } }));
    if (run.status === 'done' || run.status === 'failed') return run;
    const stage = stageOf(run);
    if (stage !== last) note(stage);
    last = stage;
    await sleep(POLL_MS);
  }
}

/** How many iterations early stopping will take is not known, so this is a line and not a bar. */
function stageOf({ status, progress }: Run): string {
  const { phase, slates = 0, learner, fold = 0 } = progress;
  if (phase === 'reading') return `reading: ${count(slates)} rankings`;
  if (phase === 'comparing') return `learning: ${learner}${fold === 0 ? '' : `, fold ${fold}`}`;
  const step = progress.curve?.at(-1);
  if (step === undefined) return status;
  return `fitting: iteration ${step.iteration}, loss ${(step.validationLoss ?? step.trainLoss).toFixed(4)}`;
}
