import { globSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../../../backend/cli/program.ts';

const ROOT = new URL('../../../', import.meta.url);
/** But for the page that is written from the commands themselves. */
const PAGES = globSync(['README.md', 'docs/*.md'], { cwd: ROOT })
  .filter((page) => page !== 'docs/commands.md')
  .map((page) => readFileSync(new URL(page, ROOT), 'utf8'))
  .join('\n');

/** The command that these words run, following defaults; undefined where there is none. */
function commandOf(words: readonly string[]): Command | undefined {
  let command: Command = program();
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) return command.commands.length === 0 ? command : undefined;
    command = next;
  }
  return command;
}

const optionsOf = (command: Command | undefined) =>
  command?.options.map(({ flags, description }) => `${flags} ${description}`);

describe('a command of one word is short for a noun and a verb', () => {
  test.each([
    ['start', 'system start'],
    ['serve', 'system serve'],
    ['status', 'system status'],
    ['import', 'items import'],
    ['train', 'runs train'],
    ['compare', 'runs compare'],
    ['evaluate', 'weights evaluate'],
    ['promote', 'weights promote'],
    ['rollback', 'weights rollback'],
    ['release', 'weights release'],
    ['report', 'reports show'],
  ])('trimtab %s = trimtab %s', (short, long) => {
    const [one, other] = [commandOf([short]), commandOf(long.split(' '))];
    expect(optionsOf(one)).toEqual(optionsOf(other));
    expect(one?.registeredArguments.map((each) => each.name())).toEqual(
      other?.registeredArguments.map((each) => each.name()),
    );
    expect(program().helpInformation()).toMatch(
      new RegExp(`^  ${long}\\b.*\\n?.*\\(short: trimtab\\s+${short}\\)`, 'm'),
    );
  });
});

describe('help', () => {
  const nouns = program().commands.filter(({ commands }) => commands.length > 0);

  test('lists every verb under its noun', () => {
    const help = program().helpInformation();
    expect(nouns.length).toBeGreaterThan(10);
    for (const noun of nouns) {
      expect(help).toContain(`\n${noun.name()}: ${noun.description()}\n`);
      const { length } = noun.createHelp().visibleCommands(noun).slice(0, -1);
      const listed = help.match(new RegExp(`^  ${noun.name()} `, 'gm')) ?? [];
      expect(listed).toHaveLength(length);
    }
  });

  test('every verb has words that say what it does', () => {
    for (const noun of nouns)
      for (const verb of noun.commands) expect(verb.description()).not.toBe('');
  });
});

test('every command that the documentation names exists', () => {
  const named = [...PAGES.matchAll(/(?<!@)\btrimtab ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)/g)].map(
    ([, words]) => words,
  );
  expect(named.length).toBeGreaterThan(50);
  // `replay` takes the name of a mapping where it is not one of its verbs.
  const unknown = named
    .map((words) => words.replace(/^replay (?!trivago|log)/, 'replay log '))
    .filter((words) => commandOf(words.split(' ')) === undefined);
  expect(unknown).toEqual([]);
});
