/** A failure with a message for people: what was wrong and the remedy. Exit code 1: it failed; 2: wrong usage. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
