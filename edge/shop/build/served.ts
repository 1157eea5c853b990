import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The module by which the Worker serves the shop, as it may read no files. */
export const SERVED_FILE = fileURLToPath(new URL('../shop-files.ts', import.meta.url));

const PAGE = fileURLToPath(new URL('../page/', import.meta.url));

const bundled = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [PAGE + entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    write: false,
    logLevel: 'error',
    legalComments: 'none',
    charset: 'utf8',
  });
  return outputFiles[0].text;
};

/** The text of that module: the same for the same sources. */
export async function servedModule(): Promise<string> {
  const files = [
    ['/shop', 'text/html', await readFile(`${PAGE}shop.html`, 'utf8')],
    ['/shop/app.js', 'text/javascript', await bundled('app.ts')],
    ['/shop/style.css', 'text/css', await bundled('style.css')],
    ['/shop/icon.svg', 'image/svg+xml', await readFile(`${PAGE}icon.svg`, 'utf8')],
  ];
  const lines = files.map(([path, type, text]) => {
    const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
    return `  ${JSON.stringify(path)}: ${JSON.stringify({ type, etag, text })},\n`;
  });
  return `/** What the shop's page is made of, by the path that each is served at; written by \`npm run shop\`. */\nexport const SHOP_FILES = {\n${lines.join('')}} as const;\n`;
}
