import type { BusinessGroup } from '../../../../http/answers.ts';

type Estimate = BusinessGroup['conversion'];

/** A figure with its interval, where it has one. */
export const estimateText = (
  { value, low, high }: Estimate,
  format: (value: number) => string,
): string => {
  if (value === null) return '–';
  if (low === undefined || high === undefined) return format(value);
  return `${format(value)} (${format(low)} to ${format(high)})`;
};
