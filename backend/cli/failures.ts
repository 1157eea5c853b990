import { CommanderError } from 'commander';
import { ApiError } from '../../shared/domain/errors.ts';
import { CliError } from '../client/failure.ts';

/** What a command ends with where it did not do what was asked. */
export interface Failure {
  /** 1: it failed, or was refused; 2: it was called wrongly, and a file that is not there is part of that. */
  readonly exitCode: 1 | 2;
  readonly code: string;
  /** What was wrong, and the remedy. */
  readonly message: string;
}

const CALLED_WRONGLY: ReadonlySet<string> = new Set(['no_file', 'usage']);

/** @returns undefined where commander only printed its help or version. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return error.exitCode === 0 ? undefined : { exitCode: 2, code: 'usage', message };
  }
  if (error instanceof CliError)
    return { exitCode: error.exitCode, code: error.code, message: error.message };
  if (error instanceof ApiError)
    return {
      exitCode: CALLED_WRONGLY.has(error.code) ? 2 : 1,
      code: error.code,
      message: error.message,
    };
  if (isMissingFile(error))
    return { exitCode: 2, code: 'no_file', message: `there is no file ${error.path ?? ''}`.trim() };
  // A plain error is thrown with a message for people; a TypeError is a bug.
  if (error instanceof Error && error.name === 'Error')
    return { exitCode: 1, code: 'failed', message: error.message };
  return { exitCode: 1, code: 'internal', message: stackOf(error) };
}

const isMissingFile = (error: unknown): error is Error & { readonly path?: string } =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
