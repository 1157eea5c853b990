import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stateDir } from '../../../backend/config/state-dir.ts';
import { dropCounters } from '../../../backend/start/drop-counters.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('counters of rates and traces do not outlast the edge that made them, and all else does', () => {
  const state = stateDir(temporaryFolder());
  dropCounters(state);
  const file = (folder: string) => join(state.edge, 'v3', folder, 'object', 'a.sqlite');
  const folders = ['ratelimit', 'observability', 'kv', 'do'];
  for (const folder of folders) {
    mkdirSync(join(file(folder), '..'), { recursive: true });
    writeFileSync(file(folder), 'x');
  }
  dropCounters(state);
  expect(folders.filter((folder) => existsSync(file(folder)))).toEqual(['kv', 'do']);
});
