import { keepPrivate } from '../../config/keep-private.ts';
import { moment, table } from '../../../shared/text/text.ts';
import type { Restored } from '../../backup/restore-backup.ts';
import { print } from '../../client/print.ts';
import { localVerb } from '../command/verb.ts';
import { PLACE } from './place.ts';

export const restoreVerb = () =>
  localVerb('restore', 'put a backup into a new place (TRIMTAB_DIR), and compare the totals')
    .argument('<place>', PLACE)
    .action(restore);

async function restore(from: string, options: { json?: boolean }): Promise<void> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const [
    { restoreBackup },
    { writeSecretFiles },
    { backupPlace, passphrase, systemPlace },
    { lockStateDir },
  ] = await Promise.all([
    import('../../backup/restore-backup.ts'),
    import('../../backup/secret-files.ts'),
    import('./place.ts'),
    import('../../start/lock-state-dir.ts'),
  ]);
  const { state, path, partitions } = systemPlace();
  keepPrivate(state);
  // No backend may make a database there meanwhile.
  const lock = await lockStateDir(state, 'serve', {});
  try {
    const restored = await restoreBackup(backupPlace(from), {
      path,
      partitions,
      passphrase: passphrase(),
      writeKeys: (bytes) => writeSecretFiles(state, bytes),
    });
    print({ to: state.path, ...restored }, () => restoredText(state.path, path, restored), options);
  } finally {
    lock.release();
  }
}

const restoredText = (folder: string, path: string, { manifest, totals }: Restored): string =>
  [
    table(
      ['', 'backup', 'restored'],
      Object.entries(manifest.totals).map(([name, value]) => [
        name,
        shown(value),
        shown(totals[name as keyof typeof totals]),
      ]),
    ),
    '',
    `All of it is in ${path}, as it was ${moment(manifest.at)} (version ${manifest.version}, ${manifest.migration}).`,
    manifest.keys === null
      ? `The backup has no keys: bring the secrets that the edge has before you start (${folder}).`
      : 'Keys and secrets are in place.',
    'Start one backend: it publishes what KV lacks. "trimtab doctor" says whether all is well.',
  ].join('\n');

const shown = (value: number | string | boolean): string =>
  typeof value === 'string' ? `${value.slice(0, 12)}…` : String(value);
