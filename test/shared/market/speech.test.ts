import { describe, expect, it } from 'vitest';
import { bucketCount, parseSchema } from '../../../shared/features/schema.ts';
import { missingTexts } from '../../../shared/features/missing-texts.ts';
import { templateOf } from '../../../shared/features/label-template.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { Speech } from '../../../shared/features/speech.ts';

const rates = { base: 'EUR', day: '2026-11-30', perBase: { USD: 2, JPY: 170 } };
const featureOf = (name: string) => smarttrip.features.find((one) => one.name === name)!;

describe('reasons of the default schema', () => {
  it('have a text for all that they say, in both languages of the shop', () => {
    expect(missingTexts(smarttrip)).toEqual([
      { language: 'en', features: [], labels: [] },
      { language: 'de', features: [], labels: [] },
    ]);
  });

  it('are said with numbers and amounts as the language writes them', () => {
    const de = new Speech(smarttrip, { languages: ['de-AT'], currency: 'USD', rates });
    expect(de.language).toBe('de');
    expect(de.feature('budget')).toBe('Budget');
    expect(de.because(featureOf('budget'), 1)).toBe('im Budget');
    const money = (amount: number) => de.amount(amount)!.text;
    expect(de.because(featureOf('price-level'), 2)).toBe(`${money(600)} bis ${money(1200)}`);
    expect(de.amount(600)).toMatchObject({ amount: 1200, currency: 'USD' });
    expect(new Speech(smarttrip, { languages: [], currency: 'JPY', rates }).amount(1.005)).toEqual({
      amount: 171,
      currency: 'JPY',
      text: '¥171',
    });
    expect(de.feature('device-price')).toBe('Ihr Gerät × Preis');
    expect(de.because(featureOf('device-price'), 1)).toBe(
      `Ihr Gerät Telefon × Preis bis ${money(600)}`,
    );
  });

  it.each([
    [['en-GB'], 'en'],
    [['de-Latn-AT-1996'], 'de'],
    [['fr', 'de-CH'], 'de'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('%j is answered in %s', (languages, language) => {
    expect(new Speech(smarttrip, { languages }).language).toBe(language);
  });

  it('says every bucket of every feature in words', () => {
    const de = new Speech(smarttrip, { languages: ['de'] });
    for (const spec of smarttrip.features)
      for (let bucket = 0; bucket < bucketCount(spec); bucket++)
        expect(de.because(spec, bucket)).not.toMatch(/[{}]|^$/);
  });
});

describe('texts of a schema', () => {
  const schemaWith = (texts: unknown) =>
    parseSchema({
      name: 'shoes',
      columns: [{ name: 'size', type: 'number' }],
      features: [{ name: 'size', kind: 'quantile', column: 'size', edges: [1000.5, 2000] }],
      texts,
    });

  it('may be of one feature alone, and change no code', () => {
    const schema = schemaWith({
      de: { labels: { 'size: over {}': 'größer als {1}', 'over {}': 'über {1}' } },
    });
    expect(new Speech(schema, { languages: ['de'] }).because(schema.features[0], 3)).toBe(
      'größer als 2.000',
    );
    expect(schema.hash).toBe(schemaWith(undefined).hash);
    expect(missingTexts(schema)).toEqual([
      { language: 'de', features: ['size'], labels: ['missing', 'up to {}', '{} to {}'] },
    ]);
    // What has no text is said in English, with numbers of the language.
    expect(new Speech(schema, { languages: ['de'] }).because(schema.features[0], 1)).toBe(
      'up to 1.000,5',
    );
  });

  it('leaves the values of items as they are, whatever they look like', () => {
    const schema = parseSchema({
      name: 'shoes',
      columns: [{ name: 'line', type: 'category' }],
      features: [{ name: 'line', kind: 'category', column: 'line', values: ['{}', '2026'] }],
      texts: { de: {} },
    });
    const de = new Speech(schema, { languages: ['de'] });
    expect([1, 2].map((bucket) => de.because(schema.features[0], bucket))).toEqual(['{}', '2026']);
  });

  it.each([
    [[], 'object'],
    [{ 'not a tag': {} }, 'language'],
    [{ DE: {} }, 'write the language "DE" as de'],
    [{ de: [] }, 'texts.de must be an object'],
    [{ de: { words: {} } }, 'features and labels'],
    [{ de: { features: { sise: 'x' } } }, 'no feature "sise"'],
    [{ de: { features: { constructor: 'x' } } }, 'no feature "constructor"'],
    [{ de: { features: { size: '' } } }, '1 to 500'],
    [{ de: { labels: { 'over {}': 7 } } }, '1 to 500'],
    [{ de: { labels: { 'over {}': 'über {2}' } } }, 'has {2}'],
    [{ de: { labels: { a: 'x'.repeat(501) } } }, '1 to 500'],
  ])('%j is refused in words', (texts, words) => {
    expect(() => schemaWith(texts)).toThrow(words);
  });

  it.each([
    ['over by 10 to 20 %', 'over by {} to {} %'],
    ['4wd', '4wd'],
    ['18-24', '18-24'],
    ['6:00 to 11:59', '6:00 to 11:59'],
    ['from 2027-05-06 on', 'from {} on'],
    ['up to 10.5', 'up to {}'],
    ['v2', 'v2'],
    ['-3 to 4', '{} to {}'],
  ])('the template of %s is %s', (label, template) => {
    expect(templateOf(label).template).toBe(template);
  });
});
