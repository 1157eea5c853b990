import { existsSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import type { ItemFile } from '../../catalogue/files/item-file.ts';
import { JSON_NAME, TS_NAME } from '../../config/config-file.ts';
import { CliError } from '../../client/failure.ts';

const SCHEMA_NAME = 'schema.json';
/** What editors complete and check a schema by. */
const JSON_SCHEMA = fileURLToPath(new URL('../../../docs/schema.schema.json', import.meta.url));

/** @throws CliError naming what is there already, before anything is asked. */
export function refuseOverwriting(folder: string): void {
  const there = [SCHEMA_NAME, TS_NAME, JSON_NAME].filter((name) => existsSync(join(folder, name)));
  if (there.length > 0)
    throw new CliError(
      `${folder} has ${there.join(' and ')} already: go to an empty folder, or overwrite with --force`,
    );
}

/** @returns the names of the files that it wrote. */
export function writeProject(
  folder: string,
  definition: Readonly<Record<string, unknown>>,
  read: ItemFile,
  about: string,
): string[] {
  const file = { $schema: relative(folder, JSON_SCHEMA).replaceAll(sep, '/'), ...definition };
  writeFileSync(join(folder, SCHEMA_NAME), `${schemaText(file)}\n`);
  if (existsSync(join(folder, JSON_NAME))) {
    const config = { schema: `./${SCHEMA_NAME}`, catalogue: { read } };
    writeFileSync(join(folder, JSON_NAME), `${JSON.stringify(config, null, 2)}\n`);
    return [SCHEMA_NAME, JSON_NAME];
  }
  writeFileSync(join(folder, TS_NAME), configText(read, about));
  return [SCHEMA_NAME, TS_NAME];
}

const configText = (
  read: ItemFile,
  about: string,
): string => `import { defineConfig } from 'trimtab/config';

export default defineConfig({
  schema: './${SCHEMA_NAME}',
  catalogue: {
    // How ${JSON.stringify(about).replaceAll(/[\u2028\u2029]/g, ' ')} was read; "trimtab import" reads other files of this form by it.
    read: ${inspect(read, { depth: null, breakLength: 80 }).replaceAll('\n', '\n    ')},
  },
});
`;

/** Each column, feature, filter and rule on a line of its own, as people edit them. */
function schemaText(definition: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(definition).map(([name, value]) => {
    const key = `  ${JSON.stringify(name)}: `;
    if (Array.isArray(value))
      return value.length === 0
        ? `${key}[]`
        : `${key}[\n${value.map((entry) => `    ${lineOf(entry)}`).join(',\n')}\n  ]`;
    if (typeof value === 'object' && value !== null)
      return `${key}{\n${Object.entries(value)
        .map(([inner, one]) => `    ${JSON.stringify(inner)}: ${lineOf(one)}`)
        .join(',\n')}\n  }`;
    return `${key}${JSON.stringify(value)}`;
  });
  return `{\n${parts.join(',\n')}\n}`;
}

/** JSON on one line, with spaces where people put them. */
function lineOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(lineOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, one]) => `${JSON.stringify(name)}: ${lineOf(one)}`,
  );
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
