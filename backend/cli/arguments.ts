import { InvalidArgumentError } from 'commander';
import { isVersion } from '../../shared/domain/ids.ts';

/** Readers of arguments: commander shows the message beside the argument's name and exits with 2. */

export function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new InvalidArgumentError('It must be a port from 1 to 65535.');
  }
  return value;
}

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number from 1.');
  }
  return value;
}

export function version(text: string): string {
  if (!isVersion(text)) {
    throw new InvalidArgumentError('It must look like v000041 ("trimtab weights" lists them).');
  }
  return text;
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a number.');
  return value;
}

export function share(text: string): number {
  const value = number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a share above 0, at most 1.');
}
