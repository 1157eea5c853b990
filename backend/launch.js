#!/usr/bin/env node
/**
 * Plain JavaScript, for a Node that cannot read TypeScript: runs the CLI with the Node that was installed
 * beside it (npm puts that one first by itself; a shell does not), or says what is needed.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ownNode, problem, readsTypeScript, say } from './preflight.js';

const missing = problem();
if (missing !== undefined) say(missing);
else if (readsTypeScript) await import('./cli/main.ts');
else runWithOwnNode();

function runWithOwnNode() {
  const cli = fileURLToPath(new URL('./cli/main.ts', import.meta.url));
  const child = spawn(ownNode, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
