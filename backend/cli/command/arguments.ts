import { InvalidArgumentError } from 'commander';
import { numberFromText } from '../../../shared/domain/number-text.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { isVersion, type Version } from '../../../shared/domain/ids.ts';

/** Parsers of arguments, which read numbers as files and requests do. Commander prints the message with the argument's name and exits with 2. */

export function port(text: string): number {
  const value = numberFromText(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new InvalidArgumentError('It must be a port from 1 to 65535.');
  }
  return value;
}

export function positive(text: string): number {
  const value = numberFromText(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number from 1.');
  }
  return value;
}

export function version(text: string): Version {
  if (!isVersion(text)) {
    throw new InvalidArgumentError(
      'It must look like v000041 ("trimtab weights list" shows them).',
    );
  }
  return text;
}

export function number(text: string): number {
  const value = numberFromText(text);
  if (Number.isNaN(value))
    throw new InvalidArgumentError('It must be a number in decimal digits, such as 0.05.');
  return value;
}

/** JSON. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${messageOf(error)}.`);
  }
}

export function share(text: string): number {
  const value = number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a share above 0, at most 1.');
}
