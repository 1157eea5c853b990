import { messageOf } from '../../shared/text/message-of.ts';
import { counted } from '../../shared/text/text.ts';
import { json, type BackendClient } from './backend-client.ts';
import { CliError } from './failure.ts';

export interface UploadedItem {
  readonly id: string;
}

/** Small enough to be answered well within a second. */
const BATCH_ITEMS = 1000;

/** What came of items that were uploaded. */
export interface Uploaded {
  readonly upserted: number;
  readonly new: number;
  /** They were there, and are different now. */
  readonly changed: number;
  readonly unchanged: number;
}

/**
 * Uploads items in batches.
 * @throws CliError with the backend's refusal, and how many items were stored before it.
 */
export async function uploadItems(
  client: BackendClient,
  items: AsyncIterable<UploadedItem> | Iterable<UploadedItem>,
  onBatch: (uploaded: number) => void,
): Promise<Uploaded> {
  let [uploaded, created, changed, unchanged] = [0, 0, 0, 0];
  let batch: UploadedItem[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const answer = await json(client.items.$put({ json: batch })).catch((error: unknown) => {
      throw new CliError(
        `${messageOf(error)}; none of this batch of ${counted(batch.length, 'item')} is in, ${counted(uploaded, 'item')} from before are`,
      );
    });
    uploaded += batch.length;
    created += answer.created;
    changed += answer.changed - answer.created;
    unchanged += answer.unchanged;
    batch = [];
    onBatch(uploaded);
  };
  for await (const item of items) {
    batch.push(item);
    if (batch.length === BATCH_ITEMS) await flush();
  }
  await flush();
  return { upserted: uploaded, new: created, changed, unchanged };
}
