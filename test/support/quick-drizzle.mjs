import * as nodeModule from 'node:module';

/**
 * A preload (`--import`) for the processes and threads of tests. To tell what kind of module a `.js` file is, and where an
 * import by the package's name leads, Node 24 parses the whole `exports` of the package anew each time, and those of
 * drizzle-orm are 170 kB long: 0.6 s of processor time for each process and thread that reads the store. All of its `.js`
 * files are ES modules, so for what they import of each other the answer is given here, and a name that our modules import
 * leads to the same place for all of them. Older Nodes, which have no such hooks, do without.
 */
const DRIZZLE = /^file:.*\/node_modules\/drizzle-orm\/.*\.js$/;
const OURS = new URL('../../backend/', import.meta.url).href;
const found = new Map();

nodeModule.registerHooks?.({
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context;
    if (specifier.startsWith('.') && parentURL !== undefined && DRIZZLE.test(parentURL)) {
      const { href } = new URL(specifier, parentURL);
      if (DRIZZLE.test(href)) return { url: href, format: 'module', shortCircuit: true };
    }
    if (/^drizzle-orm(\/|$)/.test(specifier) && parentURL?.startsWith(OURS)) {
      const known = found.get(specifier) ?? nextResolve(specifier, context);
      found.set(specifier, known);
      return { ...known, shortCircuit: true };
    }
    return nextResolve(specifier, context);
  },
});
