import { CommanderError, type Command } from 'commander';
import { note } from '../client/print.ts';
import { failureOf } from './failures.ts';

/**
 * Runs a command. A failure becomes one line on stderr, with `--json` one of JSON: `{"error": {code, message}}`. The exit
 * code is 0 where what was asked was done, 1 where it failed or was refused, and 2 where the command was called wrongly.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  const asJson = argv.includes('--json');
  for (const command of everyCommand(program)) {
    command.exitOverride();
    // Commander prints errors by itself; as JSON they are printed below.
    if (asJson) command.configureOutput({ outputError: () => {} });
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) return;
    const { exitCode, code, message } = failure;
    if (asJson) note(JSON.stringify({ error: { code, message } }));
    else if (!(error instanceof CommanderError)) note(`trimtab: ${message}`);
    process.exitCode = exitCode;
  }
}

/** Each subcommand has an exit behaviour of its own, which must be set. */
function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
