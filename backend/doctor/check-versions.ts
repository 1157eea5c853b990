import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RELEASE } from '../../shared/domain/release.ts';
import { ok, warning, type Check } from './check.ts';

/** It comes with wrangler, so it is no dependency of our own. */
const WORKERD = join(
  fileURLToPath(new URL('../../node_modules', import.meta.url)),
  'workerd',
  'package.json',
);
/** The newest line of Node that has been tried. */
const KNOWN_NODE = 24;

export function checkVersions(): Check[] {
  const node = Number(process.versions.node.split('.')[0]);
  return [
    node < 22
      ? warning(
          'versions: Node',
          `${process.versions.node} is older than what is tested`,
          `install Node ${KNOWN_NODE}: https://nodejs.org`,
        )
      : ok('versions: Node', process.versions.node),
    ok('versions: Trimtab', RELEASE),
    ok('versions: workerd', workerd() ?? 'none here: the edge runs elsewhere'),
  ];
}

/** That which "npm start" runs on this machine. */
function workerd(): string | undefined {
  try {
    return (JSON.parse(readFileSync(WORKERD, 'utf8')) as { readonly version: string }).version;
  } catch {
    return undefined;
  }
}
