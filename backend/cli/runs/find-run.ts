import { json, type BackendClient } from '../../client/backend-client.ts';
import { findId } from '../command/find-id.ts';

export const WHICH_RUN = 'its id or the beginning of it';

/** @returns the id of the run that is meant. @throws CliError where it is not one. */
export async function findRun(client: BackendClient, wanted: string): Promise<string> {
  const { runs } = await json(client.runs.$get({ query: { limit: 200 } }));
  return findId(
    wanted,
    runs.map(({ id }) => ({ id, name: id })),
    'runs',
  );
}
