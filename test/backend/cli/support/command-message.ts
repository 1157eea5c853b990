/** What the command host is asked to run. */
export interface CommandAsked {
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What comes in on stdin. */
  readonly input: string;
}

export interface CommandEnded {
  readonly exitCode: number;
}

/** Written to stdout and to stderr behind a command's output; text for people and JSON hold no such character. */
export const END_OF_OUTPUT = '\0';
