import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { messageOf } from '../../../shared/text/message-of.ts';

/**
 * What `pragma integrity_check` finds in every database under a folder, which nobody must have open: the backend's, and
 * those that workerd keeps for Durable Objects.
 * @throws Error where there is no database, so that nothing is checked in vain.
 */
export async function damagedDatabases(folder: string): Promise<string[]> {
  const files = globSync('**/*.{db,sqlite}', { cwd: folder });
  if (files.length === 0) throw new Error(`there is no database under ${folder}`);
  const damaged: string[] = [];
  for (const file of files) {
    const client = createClient({ url: pathToFileURL(join(folder, file)).href });
    try {
      const { rows } = await client.execute('pragma integrity_check');
      const found = rows.map((row) => row[0] as string).join('; ');
      if (found !== 'ok') damaged.push(`integrity_check of ${file}: ${found}`);
    } catch (error) {
      damaged.push(`${file}: ${messageOf(error)}`);
    } finally {
      client.close();
    }
  }
  return damaged;
}
