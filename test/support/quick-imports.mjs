import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

/**
 * A preload (`--import`) for the processes and threads of tests, which start more than a thousand times and load the same
 * modules each time. Node looks for each of them on the disk, asks of which kind it is, and reads it: a few milliseconds of
 * processor time a module, and drizzle-orm has 111. Where the answer is plain it is given here. Packages come from files
 * that hold many modules each (see bundle-packages.ts), and what our modules import of each other by path lies there, as
 * TypeScript. Older Nodes, which have no such hooks, do without.
 */
const ROOT = new URL('../../', import.meta.url).href;
const isOurs = (url) => url.startsWith(ROOT) && !url.startsWith(`${ROOT}node_modules/`);
/** What our modules import → URL of the file that holds it, as a JSON file that the address of this module names. */
const manifest = new URL(import.meta.url).searchParams.get('packages');
const JOINED = `${ROOT}.cache/packages/`;
const bundles = new Map(
  manifest === null ? [] : Object.entries(JSON.parse(readFileSync(manifest, 'utf8'))),
);

nodeModule.registerHooks?.({
  resolve(specifier, context, nextResolve) {
    const { parentURL, conditions } = context;
    if (parentURL === undefined || !conditions.includes('import') || !isOurs(parentURL))
      return nextResolve(specifier, context);
    if (/^\.\.?\/.*\.ts$/.test(specifier)) {
      const { href } = new URL(specifier, parentURL);
      return { url: href, format: 'module-typescript', shortCircuit: true };
    }
    if (specifier.startsWith('./') && parentURL.startsWith(JOINED))
      return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
    const bundle = bundles.get(specifier);
    if (bundle !== undefined) return { url: bundle, format: 'module', shortCircuit: true };
    return nextResolve(specifier, context);
  },
});
