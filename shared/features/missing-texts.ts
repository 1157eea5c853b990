import type { Language } from '../domain/language.ts';
import { own } from '../domain/own.ts';
import { templateOf } from './label-template.ts';
import { bucketLabels, type Schema } from './schema.ts';
import { labelText } from './texts.ts';

/** What reasons say in English although the schema has texts of the language. */
export interface MissingTexts {
  readonly language: Language;
  /** Names of features. */
  readonly features: readonly string[];
  /** What buckets mean, as `labels` has it. */
  readonly labels: readonly string[];
}

/** Crosses are said by their parts, and need no labels of their own. English needs none but the names of features. */
export function missingTexts(schema: Schema): MissingTexts[] {
  const labels = schema.features.flatMap((spec) =>
    spec.kind === 'cross'
      ? []
      : bucketLabels(schema, spec).map((label) => ({
          feature: spec.name,
          label,
          template: templateOf(label).template,
        })),
  );
  return Object.entries(schema.texts ?? {}).map(([language, texts]) => {
    const unsaid = labels.filter((one) => labelText(texts, one, one.feature) === undefined);
    return {
      language,
      features: schema.features
        .filter(
          ({ kind, name }) => kind !== 'cross' && own(texts.features ?? {}, name) === undefined,
        )
        .map(({ name }) => name),
      labels:
        language.split('-')[0] === 'en' ? [] : [...new Set(unsaid.map(({ template }) => template))],
    };
  });
}
