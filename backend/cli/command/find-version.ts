import { isVersion, type Version } from '../../../shared/domain/ids.ts';
import { json, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { findId } from './find-id.ts';

export const WHICH_VERSION = 'like v000041, or its name';

/** @returns the version that is meant. @throws CliError where it is not one. */
export async function findVersion(client: BackendClient, wanted: string): Promise<Version> {
  if (isVersion(wanted)) return wanted;
  const { weights } = await json(client.weights.$get());
  const named = weights.map(({ version, name }) => ({ id: version, name }));
  const found = findId(wanted, named, 'versions');
  if (isVersion(found)) return found;
  throw new CliError(
    `"${wanted}" must look like v000041, or be the name of a version: "trimtab weights" lists them`,
    2,
  );
}
