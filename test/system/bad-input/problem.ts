import { expect } from 'vitest';
import type { Answer } from '../../support/http.ts';

/** What a bad request must come back as. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly message: RegExp;
}

/** A clear `{code, message, details?}` that tells nothing of the inside. */
export function expectProblem(answer: Answer, { status, code, message }: Problem): void {
  const { details: _, ...body } = answer.json();
  expect({ status: answer.status, ...body }).toEqual({
    status,
    code,
    message: expect.stringMatching(message),
  });
  expect(answer.text).not.toMatch(/\.[jt]s:\d|\\n\s+at |node_modules/);
}
