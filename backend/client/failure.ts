/** A failure with a message for people: what was wrong and the remedy. Exit code 1: it failed; 2: wrong usage. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;
  /** For machines: that of the backend's answer, where it answered one. */
  readonly code: string;

  constructor(message: string, exitCode: 1 | 2 = 1, code = exitCode === 2 ? 'usage' : 'failed') {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.code = code;
  }
}
