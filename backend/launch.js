#!/usr/bin/env node
/**
 * Plain JavaScript, for a Node that cannot read TypeScript: runs the CLI with the Node that was installed
 * beside it (npm puts that one first by itself; a shell does not), or says what is needed.
 */
import { spawn } from 'node:child_process';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { ownNode, problem, readsTypeScript, say } from './preflight.js';

const missing = problem();
if (missing !== undefined) say(missing);
else {
  keepCompiled();
  if (readsTypeScript) await import('./cli/main.ts');
  else runWithOwnNode();
}

/**
 * Compiling its modules is most of what a command does, so Node keeps what it compiled: here, and by the variable in all
 * processes and threads that start from here. Not in a folder for temporary files, where others could write what runs here
 * next; `npm ci` clears this one. Where it cannot be written, Node goes without and says nothing; so do those before 22.
 */
function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return;
  const folder = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));
  process.env.NODE_COMPILE_CACHE = folder;
  nodeModule.enableCompileCache?.(folder);
}

function runWithOwnNode() {
  const cli = fileURLToPath(new URL('./cli/main.ts', import.meta.url));
  const child = spawn(ownNode, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
