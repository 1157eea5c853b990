import { resolve } from 'node:path';
import { lookUp } from '../../config/environment.ts';
import { stateDir } from '../../config/state-dir.ts';
import { openObjectStore } from '../../log/partitions/open-object-store.ts';
import { parseLocation, type ObjectStore } from '../../log/partitions/object-store.ts';
import { CliError } from '../../client/failure.ts';
import { localPathOf } from '../../store/local-path.ts';

/** Where this machine's system keeps what is backed up, by its environment alone: a new place has no keys yet. */
export function systemPlace() {
  const state = stateDir();
  const valueOf = (name: 'LIBSQL_URL' | 'TRIMTAB_TRAINING_STORE') =>
    lookUp(process.env, name, state).value ?? '';
  const path = localPathOf(valueOf('LIBSQL_URL'));
  if (path === undefined)
    throw new CliError(
      'the database is on a libSQL server, which is backed up and restored by its own tools: LIBSQL_URL has to be a file here',
    );
  const location = parseLocation(valueOf('TRIMTAB_TRAINING_STORE'), process.env);
  return { state, path, partitions: openObjectStore(location) };
}

/** @param place a folder, or `s3://bucket/prefix` with the AWS_… variables. */
export const backupPlace = (place: string): ObjectStore => {
  const location = parseLocation(place, process.env, 'the place');
  return openObjectStore(
    location.kind === 'folder' ? { ...location, path: resolve(location.path) } : location,
  );
};

export const PLACE = 'a folder, or s3://bucket/prefix with the AWS_… variables';
/** Seals keys in a backup; an argument would be seen by others. */
export const passphrase = (): string | undefined =>
  process.env.TRIMTAB_BACKUP_PASSPHRASE || undefined;
