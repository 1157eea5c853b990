/**
 * Plain JavaScript for any Node: whether this project can run here at all, and if not, one line that says what to do.
 * As a command, `node backend/preflight.js`, it is the first step of each npm script that needs the development tools.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const inModules = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

/** From here on Node reads TypeScript without a flag. */
const NEEDED = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);
export const readsTypeScript = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);

/** The Node that `npm ci` brings along for an older one, where the registry has it for this platform. */
const own = inModules('.bin/node');
export const ownNode = existsSync(own) ? own : undefined;

/**
 * What keeps the project from running, or undefined.
 * @param {string} packageName one that must be there as well, because `npm ci --omit=dev` leaves it out.
 * @returns {string | undefined}
 */
export function problem(packageName = '') {
  // npm writes this list last: an installation that was cut short has none.
  if (!existsSync(inModules('.package-lock.json')) || !existsSync(inModules(packageName)))
    return 'run `npm ci` first';
  if (!readsTypeScript && ownNode === undefined)
    return `Node ${NEEDED.join('.')} or newer is needed, but this is ${process.versions.node}: install one from https://nodejs.org`;
  return undefined;
}

export function say(message) {
  process.stderr.write(`trimtab: ${message}\n`);
  process.exitCode = 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const missing = problem('vitest');
  if (missing !== undefined) say(missing);
}
