import { CommanderError, type Command } from 'commander';
import { ApiError } from '../../shared/domain/errors.ts';
import { CliError } from '../client/failure.ts';
import { note } from '../client/print.ts';

/** Runs the verb; failures become one line on stderr and exit code 1 (it failed) or 2 (it was asked wrongly). */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  for (const command of everyCommand(program)) command.exitOverride();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  // Commander has said what it had to say; help and version end with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  note(`trimtab: ${isToldToPeople(error) ? error.message : stackOf(error)}`);
  return error instanceof CliError ? error.exitCode : 1;
}

/** Ours, or a plain Error, which here is always thrown with words for people; a TypeError is a bug. */
const isToldToPeople = (error: unknown): error is Error =>
  error instanceof CliError ||
  error instanceof ApiError ||
  (error instanceof Error && error.name === 'Error');

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Subcommands keep an exit behaviour of their own, so each must be told. */
function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
