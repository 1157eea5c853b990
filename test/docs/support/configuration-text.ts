import { z } from 'zod';
import { VARIABLES, type Variable } from '../../../backend/config/environment.ts';
import { settings } from '../../../backend/config/settings.ts';
import { expected, literal, type Shape } from '../../../backend/settings/expected.ts';
import { pathOf } from '../../../backend/settings/parse-settings.ts';

/** `docs/configuration.md`, from the settings themselves and the comments above them. */
export function configurationText(comments: Comments): string {
  const shape = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as Shape;
  return `${HEAD}
\`\`\`ts
import { defineConfig } from 'trimtab/config';

export default defineConfig({
${linesOf(shape, comments, '', new Set()).join('\n')}
});
\`\`\`

## Environment

Secrets and addresses are environment variables. An empty one counts as one that is not set.

| variable | without it | meaning |
| --- | --- | --- |
${Object.entries<Variable>(VARIABLES).map(rowOf).join('\n')}

${TAIL}`;
}

const HEAD = `# Configuration

<!-- Written by test/docs/configuration.test.ts from the sources: "npx vitest run test/docs -u" writes it anew. -->

Settings are in \`trimtab.config.ts\`, or in \`trimtab.config.json\`, which holds the same object as JSON; never in both. The
file is looked for in the directory that a command is started in, and then in the ones above it. \`npx trimtab config\`
shows every setting that is in force and where it came from. A name that is no setting is refused with the nearest one
that is; a value that cannot be is refused with what it should be.

\`defineConfig\` gives help and checks in the editor. In a folder of this repository the import works as it is. Elsewhere
Trimtab still understands it; for the editor to find it, make Trimtab a dependency of your project:
\`"trimtab": "file:../trimtab"\`.

\`npm start\` asks for less data where the file says nothing, so that an afternoon's clicks are enough to train on:
\`npx trimtab config --demo\` shows what it runs with.

## All settings, with their defaults

Write only those that you change. After each setting stands what it may be; schedules are in UTC.
`;

const TAIL = `Commands that talk to a backend read \`TRIMTAB_BACKEND\` (its address) and \`TRIMTAB_KEY\` (a secret key); \`trimtab replay\` reads
\`TRIMTAB_EDGE\` too, and \`npm start\` reads \`TRIMTAB_EDGE_PORT\`. What the Worker reads is in \`wrangler.toml\`.
`;

type Comments = ReadonlyMap<string, string>;

/** @param told groups whose fields have been told already, by what was told of them. */
function linesOf(shape: Shape, comments: Comments, path: string, told: Set<string>): string[] {
  const fields = Object.entries(shape.properties ?? {}) as [string, Shape][];
  const pathTo = (name: string) => (path === '' ? name : `${path}.${name}`);
  const own = fields.map(([name]) => `${name}: ${comments.get(pathTo(name))}`).join('\n');
  const isNew = !told.has(own);
  told.add(own);
  return fields.flatMap(([name, field]) => {
    const at = pathTo(name);
    const head = isNew ? [`// ${comments.get(at)}`] : [];
    const key = pathOf([name]).replaceAll(/^\[|\]$/g, '');
    const [example] = field.examples ?? [];
    if (field.properties !== undefined && example === undefined)
      return [...head, `${key}: {`, ...linesOf(field, comments, at, told), '},'];
    const may = ` // ${expected(field)}`;
    return field.default === undefined
      ? [...head, `// ${key}: ${readable(example)},${may}`]
      : [...head, `${key}: ${readable(field.default)},${may}`];
  });
}

/** `86_400_000`. */
const readable = (value: unknown): string =>
  typeof value === 'number' && value >= 10_000
    ? value.toLocaleString('en').replaceAll(',', '_')
    : literal(value);

function rowOf([name, variable]: [string, Variable]): string {
  const lock = { start: '', serve: '' };
  const state = { path: '', keys: '', edgeEnv: '', edge: '', demo: '', lock };
  const otherwise = variable.otherwiseIs ?? variable.otherwise?.(state) ?? 'not set';
  const also = variable.also === undefined ? '' : ` (also \`${variable.also}\`)`;
  return `| \`${name}\`${also} | ${otherwise} | ${variable.meaning} |`;
}
