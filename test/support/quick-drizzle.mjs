import * as nodeModule from 'node:module';

/**
 * A preload (`--import`) for the processes and threads of tests. To tell what kind of module a `.js` file is, Node 24 parses
 * the whole `exports` of its package anew for every file, and those of drizzle-orm are 170 kB long: 0.4 s of processor time
 * for each process and thread that reads the store. All of its `.js` files are ES modules, so for what they import of each
 * other the answer is given here. Older Nodes, which have no such hooks, do without.
 */
const DRIZZLE = /^file:.*\/node_modules\/drizzle-orm\/.*\.js$/;

nodeModule.registerHooks?.({
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context;
    if (specifier.startsWith('.') && parentURL !== undefined && DRIZZLE.test(parentURL)) {
      const { href } = new URL(specifier, parentURL);
      if (DRIZZLE.test(href)) return { url: href, format: 'module', shortCircuit: true };
    }
    return nextResolve(specifier, context);
  },
});
