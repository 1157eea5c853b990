import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { program } from '../../backend/cli/program.ts';
import { commandsText } from './support/commands-text.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const DOCS = root('docs/commands.md');

test('docs/commands.md is of these commands', async () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [root('node_modules/oxfmt/bin/oxfmt'), '--stdin-filepath', DOCS],
    { input: commandsText(program()), encoding: 'utf8', cwd: root('.') },
  );
  expect(status).toBe(0);
  await expect(stdout).toMatchFileSnapshot(DOCS);
});

test('it has every verb of every noun, with each of its options', () => {
  const text = commandsText(program());
  const nouns = program().commands.filter(({ commands }) => commands.length > 0);
  const common = new Set(['--backend', '--key', '--json']);
  for (const noun of nouns) {
    const help = noun.createHelp();
    const verbs = help.visibleCommands(noun).filter((verb) => verb.name() !== 'help');
    expect(verbs.length, noun.name()).toBeGreaterThan(0);
    for (const verb of verbs) {
      const heading = new RegExp(`^### \`trimtab ${noun.name()} ${verb.name()}[ \`]`, 'm');
      const [, section = ''] = text.split(heading);
      const [own] = section.split(/^##/m);
      expect(own, `${noun.name()} ${verb.name()}`).not.toBe('');
      for (const { long, hidden, description } of verb.options) {
        expect(description, `${noun.name()} ${verb.name()} ${long}`).not.toBe('');
        if (!hidden && !common.has(long!)) expect(own, verb.name()).toContain(long);
      }
    }
  }
});
