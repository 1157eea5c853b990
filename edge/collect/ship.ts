import { SIGNATURE_HEADER, signBody } from '../../shared/domain/ingest-signature.ts';
import type { Settings } from '../env.ts';

const TIMEOUT_MS = 15_000;
/** Answers that are about this batch; any other failure would meet the next batch too. */
const ABOUT_THE_BATCH: ReadonlySet<number> = new Set([400, 413, 422]);

export type Outcome = 'committed' | 'refused' | 'unreachable';

/** Sends a batch. Only an answer that names the batch counts as a commit: a stray 200 must not delete data. */
export async function ship(
  batchId: string,
  bytes: Uint8Array<ArrayBuffer>,
  { backendUrl, ingestSecret }: Settings,
): Promise<Outcome> {
  // Not AbortSignal.timeout: a timer that outlives its request keeps the object from being put to sleep.
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(`${backendUrl}/v1/ingest`, {
      method: 'POST',
      body: bytes,
      headers: {
        'content-type': 'application/octet-stream',
        [SIGNATURE_HEADER]: signBody(bytes, ingestSecret, Date.now()),
      },
      signal: abort.signal,
    });
    const text = await response.text();
    if (response.status === 200 && committedId(text) === batchId) return 'committed';
    console.error(`batch ${batchId} was answered ${response.status}: ${text.slice(0, 200)}`);
    return ABOUT_THE_BATCH.has(response.status) ? 'refused' : 'unreachable';
  } catch (error) {
    console.error(`batch ${batchId} could not be sent to ${backendUrl}: ${String(error)}`);
    return 'unreachable';
  } finally {
    clearTimeout(timer);
  }
}

function committedId(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'batchId' in body
      ? body.batchId
      : undefined;
  } catch {
    return undefined;
  }
}
