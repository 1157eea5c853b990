import { IDENTITY_HEADER } from '../../shared/domain/identity.ts';
import { SIGNATURE_HEADER, signBody } from '../../shared/domain/ingest-signature.ts';
import type { Settings } from '../platform/settings.ts';

const TIMEOUT_MS = 15_000;
/** Statuses that mean something is wrong with this batch. Any other failure would affect the next batch as well. */
const BATCH_REFUSED: ReadonlySet<number> = new Set([400, 413, 422]);

/** `refused`: the backend rejects this batch. `unreachable`: it could not be sent, or the backend failed. */
export interface ShipResult {
  readonly outcome: 'committed' | 'refused' | 'unreachable';
  /** For how long the backend wants to be left alone, ms; 0 where it says nothing. */
  readonly retryAfterMs: number;
}

/**
 * Sends a sealed batch to the backend, signed. It counts as committed only if the response names the batch: a 200
 * from something else, such as a proxy, must not cause data to be deleted.
 * @param trace headers by which the backend goes on in the same trace.
 */
export async function ship(
  batchId: string,
  bytes: Uint8Array<ArrayBuffer>,
  { backendUrl, ingestSecrets, identity }: Settings,
  trace: Readonly<Record<string, string>> = {},
): Promise<ShipResult> {
  // AbortSignal.timeout would leave a timer behind, which keeps the object awake after the request.
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(`${backendUrl}/v1/ingest`, {
      method: 'POST',
      body: bytes,
      headers: {
        ...trace,
        'content-type': 'application/octet-stream',
        [IDENTITY_HEADER]: identity[0].fingerprint,
        [SIGNATURE_HEADER]: signBody(bytes, ingestSecrets[0], Date.now()),
      },
      signal: abort.signal,
    });
    const text = await response.text();
    if (response.status === 200 && committedId(text) === batchId)
      return { outcome: 'committed', retryAfterMs: 0 };
    console.error(`batch ${batchId} was answered ${response.status}: ${text.slice(0, 200)}`);
    return {
      outcome: BATCH_REFUSED.has(response.status) ? 'refused' : 'unreachable',
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    };
  } catch (error) {
    console.error(`batch ${batchId} could not be sent to ${backendUrl}: ${String(error)}`);
    return { outcome: 'unreachable', retryAfterMs: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** @param header whole seconds; a date, which nobody sends here, is not read. */
const retryAfterMs = (header: string | null): number =>
  header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0;

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
