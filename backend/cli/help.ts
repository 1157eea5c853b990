import type { Command, HelpConfiguration } from 'commander';
import { nounCommand, type Noun } from './command/noun.ts';

/** `trimtab --help`: every verb under its noun, with the short name where there is one. */
export function helpByNoun(nouns: readonly Noun[]): HelpConfiguration {
  const lines = nouns.flatMap(linesOf);
  const lineOf = new Map(lines.map((line) => [line.command, line]));
  return {
    visibleCommands: () => lines.map(({ command }) => command),
    subcommandTerm: (command) => lineOf.get(command)!.term,
    subcommandDescription: (command) => lineOf.get(command)!.description,
  };
}

function linesOf(noun: Noun) {
  const { commands } = nounCommand(noun);
  const shortOf = new Map(Object.entries(noun.short ?? {}).map(([name, verb]) => [verb, name]));
  return noun.verbs.map((verb, i) => {
    const command = commands[i].helpGroup(`${noun.noun}: ${noun.about}`);
    const short = shortOf.get(verb);
    const notes = [
      ...(short === undefined ? [] : [`short: trimtab ${short}`]),
      ...(verb === noun.otherwise ? [`short: trimtab ${noun.noun}`] : []),
    ];
    return {
      command,
      term: [noun.noun, command.name(), ...argumentsOf(command)].join(' '),
      description: [command.description(), ...notes.map((text) => `(${text})`)].join(' '),
    };
  });
}

const argumentsOf = (command: Command): string[] =>
  command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
