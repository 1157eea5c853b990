#!/usr/bin/env node
/**
 * Plain JavaScript, for a Node that cannot read TypeScript: runs the CLI with the Node that was installed
 * beside it (npm puts that one first by itself; a shell does not), or says what is needed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** From here on Node reads TypeScript without a flag. */
const NEEDED = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) await import('./cli/main.ts');
else runWithOwnNode();

function runWithOwnNode() {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `trimtab: Node ${NEEDED.join('.')} or newer is needed, but this is ${process.versions.node}: install one from https://nodejs.org\n`,
    );
    process.exitCode = 1;
    return;
  }
  const cli = fileURLToPath(new URL('./cli/main.ts', import.meta.url));
  const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
