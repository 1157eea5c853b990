import { DE } from './de.ts';
import { EN } from './en.ts';
import type { Words } from './words.ts';

export const LANGUAGES = { en: EN, de: DE } as const satisfies Record<string, Words>;
export type LanguageCode = keyof typeof LANGUAGES;

/** Euro for one unit; made up, as the demo's trips are. */
export const CURRENCIES = { EUR: 1, CHF: 1.05, GBP: 1.16, USD: 0.92 } as const;
export type Currency = keyof typeof CURRENCIES;

/** How the page says things now. */
export interface Speech {
  readonly code: LanguageCode;
  readonly words: Words;
  readonly money: (euro: number) => string;
  readonly number: (value: number, digits?: number) => string;
  readonly points: (value: number) => string;
  readonly share: (value: number) => string;
  readonly day: (ms: number) => string;
  readonly country: (code: string) => string;
}

export function speech(code: LanguageCode, currency: Currency): Speech {
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(code, { maximumFractionDigits: digits }).format(value);
  const countries = new Intl.DisplayNames([code], { type: 'region' });
  const format = new Intl.NumberFormat(code, {
    style: 'currency',
    currency,
    maximumFractionDigits: 0,
  });
  const signed = new Intl.NumberFormat(code, {
    maximumFractionDigits: 1,
    signDisplay: 'exceptZero',
  });
  const share = new Intl.NumberFormat(code, { style: 'percent', maximumFractionDigits: 0 });
  const day = new Intl.DateTimeFormat(code, { dateStyle: 'medium', timeZone: 'UTC' });
  return {
    code,
    words: LANGUAGES[code],
    money: (euro) => format.format(euro / CURRENCIES[currency]),
    number,
    points: (value) => signed.format(value),
    share: (value) => share.format(value),
    day: (ms) => day.format(ms),
    country: (country) => countries.of(country) ?? country,
  };
}

/** The first language of the browser that the shop speaks; else English. */
export const languageOf = (asked: readonly string[]): LanguageCode =>
  asked.map((tag) => tag.slice(0, 2)).find((code): code is LanguageCode => code in LANGUAGES) ??
  'en';
