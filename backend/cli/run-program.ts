import { CommanderError, type Command } from 'commander';
import { ApiError } from '../../shared/domain/errors.ts';
import { CliError } from '../client/failure.ts';
import { note } from '../client/print.ts';

/** Runs a command; a failure becomes one line on stderr and exit code 1 (it failed) or 2 (wrong usage). */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  for (const command of everyCommand(program)) command.exitOverride();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its message already; help ends with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  note(`trimtab: ${isForPeople(error) ? error.message : stackOf(error)}`);
  return error instanceof CliError ? error.exitCode : 1;
}

/** Our own errors, and plain ones, which are thrown with a message for people here; a TypeError is a bug. */
const isForPeople = (error: unknown): error is Error =>
  error instanceof CliError ||
  error instanceof ApiError ||
  (error instanceof Error && error.name === 'Error');

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Each subcommand has an exit behaviour of its own, which must be set. */
function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
