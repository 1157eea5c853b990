import { json, type BackendClient } from '../../../backend/client/backend-client.ts';
import { within } from './within.ts';

/** Trains once. @returns the run, at its end. @throws Missed when that takes longer than @param limitMs. */
export async function trained(
  client: BackendClient,
  name: string,
  limitMs: number,
  signal: AbortSignal,
) {
  const { runId } = await json(client.train.$post({ json: { name } }));
  return within(limitMs, `the training ${runId} ends`, signal, async () => {
    const run = await json(client.runs[':id'].$get({ param: { id: runId } }));
    return run.status === 'running' || run.status === 'queued' ? undefined : run;
  });
}
