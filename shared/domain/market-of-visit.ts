import { invalid } from './errors.ts';
import { shown } from './shown.ts';

/**
 * The market of a request, as far as what is ranked depends on it. It is logged with the request, so that a ranking can be drawn again whatever
 * markets there are by then.
 */
export interface MarketOfVisit {
  readonly name: string;
  /** The column of markets: items that list others are not shown. */
  readonly column?: string;
  /** Nor are those that list none. */
  readonly unlisted?: 'nowhere';
  /** Columns whose values are those of another column, of items that have one there. */
  readonly prices?: Readonly<Record<string, string>>;
}

/** Reads it from the log. @throws ApiError 400 where it is none. */
export function parseMarketOfVisit(value: unknown): MarketOfVisit | undefined {
  if (value === undefined) return undefined;
  const { name, column, unlisted, prices } = (value ?? {}) as Partial<
    Record<keyof MarketOfVisit, unknown>
  >;
  const isText = (one: unknown): one is string => typeof one === 'string';
  const fits =
    isText(name) &&
    (column === undefined || isText(column)) &&
    (unlisted === undefined || unlisted === 'nowhere') &&
    (prices === undefined ||
      (typeof prices === 'object' && prices !== null && Object.values(prices).every(isText)));
  if (fits) return value as MarketOfVisit;
  throw invalid(`the market of a logged request must have a name, but was ${shown(value)}`);
}
