/** One line on stderr, when and what. */
export const log = (message: string): void =>
  void process.stderr.write(`${new Date().toISOString()} ${message}\n`);

/** Whatever was thrown, in words. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
