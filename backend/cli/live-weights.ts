import { moment } from '../../shared/text/text.ts';
import { backendClient, type BackendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { print } from '../client/print.ts';
import type { VerbOptions } from './verb.ts';

/** The champion, as `GET /v1/status` and every move of the pointer tell it. */
export interface LiveWeights {
  readonly version: string;
  readonly name: string | null;
  readonly schemaName: string | null;
  /** Epoch ms. */
  readonly since: number;
  readonly hold: boolean;
  readonly by: string | null;
}

export async function liveVersion(client: BackendClient): Promise<string> {
  const { weights } = await client.call<{ weights: LiveWeights | null }>('GET', '/v1/status');
  if (weights === null) {
    throw new CliError('no weights are live yet: the edge must be up for the backend to publish');
  }
  return weights.version;
}

/** Promotes, rolls back or releases, and says what is live then. */
export async function movePointer(path: string, options: VerbOptions): Promise<void> {
  const { weights } = await backendClient(options).call<{ weights: LiveWeights }>(
    'POST',
    `/v1/weights/${path}`,
  );
  print(weights, () => told(weights), options);
}

function told({ version, name, since, hold }: LiveWeights): string {
  const live = `live: ${version} (${name ?? 'not stored here'}) since ${moment(since)}`;
  return hold ? `${live}, held: nothing else goes live until "trimtab release"` : live;
}
