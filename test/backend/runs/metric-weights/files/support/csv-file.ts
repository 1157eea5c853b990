import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../../../support/temporary-folder.ts';

/** A file that is gone when the test is over. */
export function fileOf(content: string | Uint8Array, name = 'data.csv'): string {
  const directory = temporaryFolder();
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}
