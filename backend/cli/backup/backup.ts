import { existsSync } from 'node:fs';
import { RELEASE } from '../../../shared/domain/release.ts';
import { count, counted, facts, moment } from '../../../shared/text/text.ts';
import type { BackupManifest } from '../../backup/manifest.ts';
import { CliError } from '../../client/failure.ts';
import { note, print } from '../../client/print.ts';
import { localVerb } from '../command/verb.ts';
import { PLACE } from './place.ts';

export const backupVerb = () =>
  localVerb('backup', 'copy database, partitions and, if asked, keys; the backend may run')
    .argument('<place>', `${PLACE}; it has to be empty`)
    .option(
      '--with-keys',
      'keys and secrets as well, sealed with TRIMTAB_BACKUP_PASSPHRASE where that is set',
    )
    .action(backup);

const UNSEALED =
  'warning: the keys in this backup are NOT sealed: whoever can read it can do everything that you can. Set TRIMTAB_BACKUP_PASSPHRASE to seal them.';

async function backup(
  to: string,
  { withKeys, ...options }: { withKeys?: boolean; json?: boolean },
): Promise<void> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const [{ writeBackup }, { readSecretFiles }, { backupPlace, passphrase, systemPlace }] =
    await Promise.all([
      import('../../backup/write-backup.ts'),
      import('../../backup/secret-files.ts'),
      import('./place.ts'),
    ]);
  const { state, path, partitions } = systemPlace();
  if (!existsSync(path))
    throw new CliError(`there is no database ${path}: set TRIMTAB_DIR to where the backend's is`);
  const bytes = withKeys === true ? readSecretFiles(state) : undefined;
  if (withKeys === true && bytes === undefined)
    throw new CliError(`there are no keys in ${state.path}`);
  if (bytes !== undefined && passphrase() === undefined) note(UNSEALED);
  const manifest = await writeBackup(
    {
      path,
      partitions,
      version: RELEASE,
      ...(bytes && { keys: { bytes, passphrase: passphrase() } }),
    },
    backupPlace(to),
    Date.now,
  );
  print(manifest, () => backupText(to, manifest), options);
}

function backupText(
  to: string,
  { at, totals, database, partitions, keys }: BackupManifest,
): string {
  const bytes = [...database, ...partitions].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return facts([
    ['in', to],
    ['as it was', moment(at)],
    ['rankings', count(totals.rankings)],
    ['events', count(totals.events)],
    ['outcomes', count(totals.outcomes)],
    ['versions', count(totals.versions)],
    ['items', count(totals.items)],
    [
      'audit log',
      `entries: ${count(totals.auditEntries)}; metric weights ${totals.metricWeightsIntact ? 'intact' : 'NOT INTACT: "trimtab metric-weights verify" says why'}`,
    ],
    ['partitions', counted(partitions.length, 'file')],
    ['size', `${count(Math.ceil(bytes / 1024))} KiB`],
    ['keys', keys === null ? 'not in it' : keys.sealed ? 'sealed' : 'NOT SEALED'],
  ]);
}
