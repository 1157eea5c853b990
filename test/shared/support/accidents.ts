import { ApiError } from '../../../shared/domain/errors.ts';
import { FormatError } from '../../../shared/format/bytes.ts';

/** Whether what was thrown tells a caller what to do, rather than being an accident of the code. */
export const isClear = (error: unknown): boolean =>
  error instanceof FormatError || error instanceof ApiError;

/** What went wrong by accident, with the value that caused it; nothing when all went well or was refused clearly. */
export function accidents<T>(values: Iterable<T>, use: (value: T) => void): string[] {
  const found: string[] = [];
  for (const value of values) {
    try {
      use(value);
    } catch (error) {
      if (!isClear(error)) found.push(`${JSON.stringify(value)} gave ${(error as Error).stack}`);
    }
  }
  return found;
}
