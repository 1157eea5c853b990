import { readFileSync } from 'node:fs';

/** A field of an interface, as the source has it. */
export interface SourceField {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  /** Its comment on one line; empty where it has none. */
  readonly comment: string;
}

export interface SourceInterface {
  readonly comment: string;
  readonly bases: readonly string[];
  readonly fields: readonly SourceField[];
}

const plain = (comment: string): string =>
  comment
    .replaceAll(/^\s*\/\*\*\s?|\s*\*\/\s*$/g, '')
    .replaceAll(/\n\s*\*\s?(?=-)/g, '\n')
    .replaceAll(/\n\s*\* ?/g, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();

/** The exported interfaces of a file with the comments above them. Leans on the one formatting that the check allows. */
export function interfacesOf(file: URL): ReadonlyMap<string, SourceInterface> {
  const text = readFileSync(file, 'utf8');
  const pattern =
    /(?:(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n)?export interface (\w+)(?: extends ([\w, ]+))? \{\n([\s\S]*?)\n\}/g;
  return new Map(
    [...text.matchAll(pattern)].map(([, comment = '', name, bases = '', body]) => [
      name,
      {
        comment: plain(comment),
        bases: bases.split(', ').filter((base) => base !== ''),
        fields: [
          ...body.matchAll(
            /(?:(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n\s*)?readonly (\w+)(\??): ([^;]+);/g,
          ),
        ].map(([, own = '', field, mark, type]) => ({
          name: field,
          type,
          isOptional: mark === '?',
          comment: plain(own),
        })),
      },
    ]),
  );
}
