import { json, type BackendClient } from '../../client/backend-client.ts';
import { findId } from '../command/find-id.ts';

export const WHICH = 'its name, its id or the beginning of it';

/** @returns the id of the experiment that is meant. @throws CliError where it is not one. */
export async function findExperiment(client: BackendClient, wanted: string): Promise<string> {
  const { experiments } = await json(client.experiments.$get());
  return findId(wanted, experiments, 'experiments');
}
