import type { ItemFile } from '../../catalogue/files/item-file.ts';
import { itemFileOf, type ItemFileOptions } from './item-file-options.ts';

/** How a file is to be read: as the command line says, else as the configuration file does. @throws Error as `loadSettings`. */
export async function itemFileFrom(options: ItemFileOptions): Promise<ItemFile> {
  // Imported here, so that the verbs that read no file start faster.
  const [{ loadSettings }, { itemFileIn }] = await Promise.all([
    import('../../config/config.ts'),
    import('../../catalogue/settings.ts'),
  ]);
  const { settings } = await loadSettings({ env: process.env, directory: process.cwd() });
  return { ...itemFileIn(settings.catalogue), ...itemFileOf(options) };
}
