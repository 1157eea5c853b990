import { invalid } from '../../shared/domain/errors.ts';
import { nfc } from '../../shared/domain/nfc.ts';
import { shown } from '../../shared/domain/shown.ts';
import { preferenceNames } from '../../shared/features/not-understood.ts';
import type { Schema } from '../../shared/features/schema.ts';

export type GivenFeatures = ReadonlyMap<string, unknown>;

const MAX_DEPTH = 8;

/**
 * Features as Personalizer takes them, a list of objects that may hold objects: by name, and what lies within another by both
 * names with a dot between them (`device.mobile`).
 * @param what names the list in errors. @throws ApiError 400, also for a name that is there twice.
 */
export function nestedFeatures(value: unknown, what: string): GivenFeatures {
  const features = new Map<string, unknown>();
  const list = value ?? [];
  if (!Array.isArray(list))
    throw invalid(`${what} must be a list of objects, but was ${shown(value)}`);
  const add = (given: object, before: string, depth: number) => {
    for (const [own, one] of Object.entries(given) as [string, unknown][]) {
      const name = `${before}${own}`;
      if (typeof one === 'object' && one !== null && !Array.isArray(one)) {
        if (depth === MAX_DEPTH) throw invalid(`${what}: objects lie in each other too deep`);
        add(one, `${name}.`, depth + 1);
      } else addOnce(features, name, one, what);
    }
  };
  list.forEach((given: unknown, i) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw invalid(`${what}[${i}] must be an object, but was ${shown(given)}`);
    add(given, '', 1);
  });
  return features;
}

/** Features as Metarank takes them: a list of `{name, value}`. @throws ApiError 400. */
export function namedFields(value: unknown, what: string): GivenFeatures {
  const fields = new Map<string, unknown>();
  const list = value ?? [];
  if (!Array.isArray(list))
    throw invalid(`${what} must be a list of {name, value}, but was ${shown(value)}`);
  list.forEach((given: unknown, i) => {
    const { name, value: one } = (given ?? {}) as { name?: unknown; value?: unknown };
    if (typeof name !== 'string' || name === '' || one === undefined)
      throw invalid(`${what}[${i}] must be {name, value}, but was ${shown(given)}`);
    addOnce(fields, name, one, what);
  });
  return fields;
}

function addOnce(
  features: Map<string, unknown>,
  given: string,
  value: unknown,
  what: string,
): void {
  const name = nfc(given);
  if (features.has(name)) throw invalid(`${what}: "${name.slice(0, 80)}" is there twice`);
  features.set(name, value);
}

/**
 * What was said of a request, for a rank request: what the schema reads as a wish becomes a preference, and all else the context.
 * @throws ApiError 400 for a list that no feature reads.
 */
export function visitOf(
  features: GivenFeatures,
  schema: Schema,
  what: string,
): { readonly preferences: object; readonly context: object } {
  const wishes = preferenceNames(schema);
  const [preferences, context]: [string, unknown][][] = [[], []];
  for (const [name, value] of features) {
    if (wishes.has(name)) preferences.push([name, value]);
    else if (Array.isArray(value))
      throw invalid(
        `${what}: "${name.slice(0, 80)}" is a list, which only a preference can be, and no feature of schema ${schema.name} reads it as one`,
      );
    else context.push([name, value]);
  }
  return { preferences: Object.fromEntries(preferences), context: Object.fromEntries(context) };
}

/** An item with what was said of it, as a candidate. @throws ApiError 400 where an attribute would take the place of the id. */
export function candidateOf(id: unknown, features: GivenFeatures, what: string): object {
  if (features.has('id'))
    throw invalid(`${what}: a feature must not be named "id", which is the item’s own`);
  return { ...Object.fromEntries(features), id };
}
