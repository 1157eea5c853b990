import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

/** The module by which the Worker serves the client, as it may read no files. */
export const SERVED_FILE = fileURLToPath(new URL('../../http/client-scripts.ts', import.meta.url));

const SERVED = ['/client.js', '/client.extras.js'] as const;

/** The text of that module. */
export async function servedModule(): Promise<string> {
  const scripts = await Promise.all(
    SERVED.map(async (path) => {
      const text = await bundle(path);
      const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
      return `  ${JSON.stringify(path)}: { etag: ${JSON.stringify(etag)}, text: ${JSON.stringify(text)} },\n`;
    }),
  );
  return `/** The client as scripts, by the path that each is served at; written by \`npm run client\`. */\nexport const CLIENT_SCRIPTS = {\n${scripts.join('')}} as const;\n`;
}
