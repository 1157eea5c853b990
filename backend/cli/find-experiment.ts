import { backendClient, type BackendOptions } from '../client/backend-client.ts';
import { findId, type Named } from './find-id.ts';

/** @returns the id of the experiment that is meant. @throws CliError where it is not one. */
export async function findExperiment(wanted: string, options: BackendOptions): Promise<string> {
  const { experiments } = await backendClient(options).call<{ experiments: Named[] }>(
    'GET',
    '/v1/experiments',
  );
  return findId(wanted, experiments, 'experiments');
}
