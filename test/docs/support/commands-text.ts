import type { Argument, Command, Help, Option } from 'commander';

/** Options that nearly every command has: they are told once. */
const COMMON = new Set(['backend', 'key', 'json', 'help']);

const HEAD = `# Commands

<!-- Written by test/docs/commands.test.ts from the commands themselves: "npx vitest run test/docs -u" writes it anew. -->

All commands are \`npx trimtab <noun> <verb>\`; outside of this folder \`npx trimtab\` is \`node <folder>/backend/launch.js\`. \`--help\` says the same of each.

- Results go to stdout, as text or with \`--json\` as one JSON value; everything else goes to stderr. An error is \`{"error": {"code", "message"}}\` there with \`--json\`.
- The exit code is 0 where it was done, 1 where it failed or was refused, and 2 where the command was called wrongly.
- Those that talk to a backend take \`--backend <url>\` (\`TRIMTAB_BACKEND\`; else the one that runs in this folder) and \`--key <sk_…>\` (\`TRIMTAB_KEY\`; else the local one). The others are marked.
- Settings come from \`trimtab.config.ts\` and the environment ([configuration](configuration.md)).
`;

/** `docs/commands.md`, from the program itself. */
export function commandsText(whole: Command): string {
  const help = whole.createHelp();
  const verbs = help.visibleCommands(whole);
  const groups = [...new Set(verbs.map((verb) => verb.helpGroup()))];
  const sections = groups.map((group) => {
    const [noun, about] = group.split(': ');
    const own = verbs.filter((verb) => verb.helpGroup() === group);
    return `## ${noun}\n\n${sentence(about)}\n\n${own.map((verb) => verbText(verb, help)).join('\n\n')}`;
  });
  return `${HEAD}\n${sections.join('\n\n')}\n`;
}

function verbText(verb: Command, help: Help): string {
  const given = verb.registeredArguments.filter(({ description }) => description !== '');
  const options = verb.options.filter(
    (option) => !option.hidden && !COMMON.has(option.name()) && option.long !== '--version',
  );
  const isLocal = !verb.options.some((option) => option.name() === 'backend');
  const rows = [
    ...given.map((one) => rowOf(nameOf(one), help.argumentDescription(one))),
    ...options.map((option) => rowOf(option.flags, optionText(option, help))),
  ];
  return [
    `### \`trimtab ${help.subcommandTerm(verb)}\``,
    `${sentence(help.subcommandDescription(verb))}${isLocal ? ' Talks to no backend.' : ''}`,
    ...(rows.length === 0
      ? []
      : [`| argument or option | what it says |\n| --- | --- |\n${rows.join('\n')}`]),
  ].join('\n\n');
}

/** Without what goes without saying: a flag is off and a list is empty until it is given. */
const optionText = (option: Option, help: Help): string =>
  [
    help.optionDescription(option).replace(/ \(default: (?:\[\]|false)\)$/, ''),
    ...(option.mandatory ? ['(needed)'] : []),
  ].join(' ');

const nameOf = (one: Argument): string => (one.required ? `<${one.name()}>` : `[${one.name()}]`);

const rowOf = (name: string, about: string): string => `| \`${cell(name)}\` | ${plain(about)} |`;

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);

/** What Markdown would read as a tag, a table or emphasis. */
const plain = (text: string): string => cell(text).replaceAll(/[<*]/g, (mark) => `\\${mark}`);

/** Descriptions begin in lower case and end without a stop, as those of commander do. */
function sentence(text: string): string {
  const [, about, notes] = /^(.*?)((?: \(short: [^)]*\))*)$/s.exec(text)!;
  const whole = `${about[0].toUpperCase()}${plain(about.slice(1))}.`;
  const shorts = [...notes.matchAll(/\(short: ([^)]*)\)/g)].map(([, short]) => `\`${short}\``);
  return shorts.length === 0 ? whole : `${whole} Short: ${shorts.join(', ')}.`;
}
