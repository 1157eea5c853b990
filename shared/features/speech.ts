import { newest } from '../memory/newest.ts';
import type { Currency } from '../domain/currency.ts';
import { placesOf } from '../domain/currency.ts';
import { converted, type ExchangeRates } from '../domain/exchange-rates.ts';
import { fallbacksOf, type Language } from '../domain/language.ts';
import { own } from '../domain/own.ts';
import { currencyOf, isPrice } from './columns/in-one-currency.ts';
import type { FeatureSpec } from './kinds/index.ts';
import { filled, rewritten, templateOf } from './label-template.ts';
import { bucketLabel, labelWith, type Schema } from './schema.ts';
import { labelText, type LanguageTexts } from './texts.ts';

/** In which the kinds of features say what buckets mean. */
const BUILT_IN: Language = 'en';

/** How an answer says things. */
export interface SpeechOptions {
  /** The first that there are texts of is taken, each with what it falls back to. */
  readonly languages: readonly Language[];
  /** Of amounts; undefined: that of the schema. */
  readonly currency?: Currency | undefined;
  readonly rates?: ExchangeRates | undefined;
}

/**
 * The reasons of a schema in one language: features by their names there, and what buckets mean, with numbers, dates and amounts as the
 * language writes them. What has no text is said in English.
 */
export class Speech {
  /** Of the texts. */
  readonly language: Language;
  readonly #schema: Schema;
  readonly #texts: LanguageTexts;
  readonly #options: SpeechOptions;
  readonly #locale: Language;
  // Made where something is written by them: each takes longer than all that an answer has to say.
  #number: Intl.NumberFormat | undefined;
  #day: Intl.DateTimeFormat | undefined;
  #money: Intl.NumberFormat | undefined;

  constructor(schema: Schema, options: SpeechOptions) {
    newest.speech = this;
    this.#schema = schema;
    this.#options = options;
    const { language, locale } = chosen(schema, options.languages);
    this.language = language;
    this.#locale = locale;
    this.#texts = own(schema.texts ?? {}, language) ?? {};
  }

  /** A feature's name; of a cross without one, those of its parts. */
  feature(name: string): string {
    const text = own(this.#texts.features ?? {}, name);
    if (text !== undefined) return text;
    const spec = this.#schema.features.find((one) => one.name === name);
    return spec?.kind === 'cross' ? spec.of.map((part) => this.feature(part)).join(' × ') : name;
  }

  /** What a bucket means. */
  because(spec: FeatureSpec, bucket: number): string {
    if (spec.kind === 'cross' && bucket > 0)
      return labelWith(this.#schema, spec, bucket, (part, of) => this.named(part, of));
    return this.label(bucketLabel(this.#schema, spec, bucket), spec);
  }

  /** The same behind the feature's name. */
  named(spec: FeatureSpec, bucket: number): string {
    return `${this.feature(spec.name)} ${this.because(spec, bucket)}`;
  }

  /** A label that English has, in this language. */
  label(english: string, spec?: FeatureSpec): string {
    const { template, values } = templateOf(english);
    const isPrices = spec !== undefined && this.#isOfPrices(spec);
    const text = labelText(this.#texts, { label: english, template }, spec?.name);
    if (text === undefined) {
      // Values of items are names, whatever they look like: `2026` is not 2,026.
      const isName = spec !== undefined && 'values' in spec && spec.values !== undefined;
      return isName ? english : rewritten(english, (value) => this.#written(value, isPrices));
    }
    return filled(text, values, (value, isMoney) => this.#written(value, isMoney || isPrices));
  }

  /** An amount in the currency of the schema, in that of the request: rounded to its smallest unit. */
  amount(value: number): { amount: number; currency: Currency; text: string } | undefined {
    const from = currencyOf(this.#schema);
    if (from === undefined) return undefined;
    const { currency = from, rates } = this.#options;
    const amount = converted(
      { amount: value, currency: from },
      currency,
      rates,
      placesOf(currency),
    );
    return amount === undefined
      ? undefined
      : { amount, currency, text: this.#moneyOf(currency).format(amount) };
  }

  /** The edges of bins are amounts where what is binned is a price. */
  #isOfPrices(spec: FeatureSpec): boolean {
    if (spec.kind !== 'quantile') return false;
    const column = this.#schema.columns.find(({ name }) => name === spec.column);
    return column !== undefined && isPrice(column);
  }

  #written(value: string, isMoney: boolean): string {
    if (/^\d{4}-/.test(value)) return this.#date(value);
    const amount = isMoney ? this.amount(Number(value)) : undefined;
    if (amount !== undefined) return amount.text;
    this.#number ??= new Intl.NumberFormat(this.#locale, { maximumFractionDigits: 6 });
    return this.#number.format(Number(value));
  }

  #date(day: string): string {
    const moment = Date.parse(day);
    if (Number.isNaN(moment)) return day;
    this.#day ??= new Intl.DateTimeFormat(this.#locale, { dateStyle: 'medium', timeZone: 'UTC' });
    return this.#day.format(moment);
  }

  #moneyOf(currency: Currency): Intl.NumberFormat {
    const places = placesOf(currency);
    return (this.#money ??= new Intl.NumberFormat(this.#locale, {
      style: 'currency',
      currency,
      minimumFractionDigits: places,
      maximumFractionDigits: places,
      trailingZeroDisplay: 'stripIfInteger',
    }));
  }
}

/** The language of the texts, and the one that numbers are written in: `en-GB` where English is spoken with it. */
function chosen(
  { texts = {} }: Pick<Schema, 'texts'>,
  languages: readonly Language[],
): { language: Language; locale: Language } {
  for (const asked of languages)
    for (const language of fallbacksOf(asked))
      if (Object.hasOwn(texts, language) || language === BUILT_IN)
        return { language, locale: asked };
  return { language: BUILT_IN, locale: BUILT_IN };
}
