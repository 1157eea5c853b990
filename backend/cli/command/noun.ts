import { Command } from 'commander';

/** Builds a verb's command, once per parent: a command of commander has one parent. */
export type Verb = () => Command;

/** `trimtab <noun> <verb>`. */
export interface Noun {
  readonly noun: string;
  readonly about: string;
  readonly verbs: readonly Verb[];
  /** What `trimtab <noun>` does without a verb. */
  readonly otherwise?: Verb;
  /** Verbs that also stand alone, by the name that they have there: `trimtab rollback`. */
  readonly short?: Readonly<Record<string, Verb>>;
}

export function nounCommand({ noun, about, verbs, otherwise }: Noun): Command {
  const command = new Command(noun).description(about);
  for (const verb of verbs)
    if (verb === otherwise) command.addCommand(verb(), { isDefault: true });
    else command.addCommand(verb());
  if (otherwise !== undefined && !verbs.includes(otherwise))
    command.addCommand(otherwise(), { isDefault: true, hidden: true });
  return command;
}

/** The verbs that stand alone, each under its short name. */
export const shortCommands = ({ short = {} }: Noun): Command[] =>
  Object.entries(short).map(([name, verb]) => verb().name(name));
