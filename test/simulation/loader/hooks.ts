import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { changesOf, MUTATIONS, type Mutation } from './mutations.ts';

const ROOT = new URL('../../../', import.meta.url).href;
const CODE = /^(edge|backend|shared)\//;
const substitute = (name: string) => new URL(`./substitutes/${name}.ts`, import.meta.url).href;
/** What production code imports of the platform, and what it is given here. */
const SUBSTITUTES: ReadonlyMap<string, string> = new Map([
  ['cloudflare:workers', substitute('cloudflare-workers')],
  ['node:timers/promises', substitute('timers-promises')],
  ['node:crypto', substitute('crypto')],
]);

const PARAMETER = 'mutation';
const NONE = 'none';
/** Of a module whose imports are those without a mutation. */
const ALONE = 'alone';

/** The address of a module of the project, as it is loaded with a mutation. */
export function addressOf(path: string, mutation: Mutation | undefined): string {
  const url = new URL(path, ROOT);
  // Also without one: what the simulation itself imports was loaded before there were hooks.
  url.searchParams.set(PARAMETER, mutation?.name ?? NONE);
  return url.href;
}

/**
 * From here on production code is loaded with the simulation's modules in the place of the platform's, and, where its address names a
 * mutation, with that. A module of a mutation imports modules of the same one, so that all variants live side by side.
 */
export function installHooks(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = '' } = context;
      if (!isCode(parentURL)) return next(specifier, context);
      const url = SUBSTITUTES.get(specifier);
      if (url !== undefined) return { url, format: 'module-typescript', shortCircuit: true };
      const parent = new URL(parentURL).searchParams;
      const name = parent.has(ALONE) ? NONE : parent.get(PARAMETER);
      const found = next(specifier, context);
      if (name === null || !isCode(found.url)) return found;
      const address = new URL(found.url);
      address.searchParams.set(PARAMETER, name);
      return { ...found, url: address.href };
    },
    load(url, context, next) {
      const name = isCode(url) ? new URL(url).searchParams.get(PARAMETER) : null;
      const mutation = MUTATIONS.find((one) => one.name === name);
      if (mutation === undefined) return next(url, context);
      const source = mutatedSource(mutation, pathOf(url));
      if (source === undefined) return next(url, context);
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}

/** Loads what a mutation changes, and nothing else of it. @throws Error where it does not fit the code, or leaves what is no program. */
export async function loadChanges(mutation: Mutation): Promise<void> {
  for (const { file } of changesOf(mutation)) {
    const url = new URL(addressOf(file, mutation));
    url.searchParams.set(ALONE, '');
    await import(url.href);
  }
}

/** @returns undefined where it changes nothing of this file. @throws Error where the text that a mutation changes is not there exactly once. */
function mutatedSource(mutation: Mutation, path: string): string | undefined {
  const changes = changesOf(mutation).filter(({ file }) => file === path);
  if (changes.length === 0) return undefined;
  let source = readFileSync(new URL(path, ROOT), 'utf8');
  for (const { find, replace } of changes) {
    const parts = source.split(find);
    if (parts.length !== 2)
      throw new Error(
        `mutation "${mutation.name}" finds ${parts.length - 1} places in ${path}, not one: adapt it to the code`,
      );
    source = parts.join(replace);
  }
  return source;
}

const pathOf = (url: string): string => url.slice(ROOT.length).split('?')[0];

const isCode = (url: string): boolean =>
  url.startsWith(ROOT) && CODE.test(url.slice(ROOT.length)) && fileURLToPath(url) !== '';
