import { messageOf } from '../../shared/text/message-of.ts';

export type CheckState = 'ok' | 'warning' | 'problem';

/** What one look at one part of the system found. */
export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** What was found, and where it is not well what that means. */
  readonly found: string;
  /** What to do: a command or a page of the documentation; absent where all is well. */
  readonly remedy?: string;
}

export const ok = (name: string, found: string): Check => ({ name, state: 'ok', found });
export const warning = (name: string, found: string, remedy: string): Check => ({
  name,
  state: 'warning',
  found,
  remedy,
});
export const problem = (name: string, found: string, remedy: string): Check => ({
  name,
  state: 'problem',
  found,
  remedy,
});

/** What throws while it is looked at is a problem. @param remedy what to do then. */
export async function looked(
  name: string,
  remedy: string,
  look: () => Promise<Check | readonly Check[]>,
): Promise<Check[]> {
  try {
    return [await look()].flat();
  } catch (error) {
    return [problem(name, messageOf(error), remedy)];
  }
}
