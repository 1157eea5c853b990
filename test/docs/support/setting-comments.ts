import { readFileSync } from 'node:fs';

interface Group {
  readonly fields: Map<string, Field>;
}

interface Field {
  readonly comment: string;
  /** Of a group that is written in place. */
  readonly group?: Group;
  /** Of a group that is written elsewhere: by what name. */
  readonly name?: string;
}

/**
 * The comments above the settings, by path (`rollout.mode`), read from the source: types carry comments into editors,
 * but no program can ask for them. Leans on the one formatting that the check allows.
 */
export function settingComments(file: URL): Map<string, string> {
  const comments = new Map<string, string>();
  const walk = (group: Group, source: Source, path: string) => {
    for (const [name, field] of group.fields) {
      const at = path === '' ? name : `${path}.${name}`;
      comments.set(at, field.comment);
      const named = field.name ?? name;
      const own = field.group ?? source.groups.get(named);
      const elsewhere = source.imports.get(named);
      if (own !== undefined) walk(own, source, at);
      else if (elsewhere !== undefined) {
        const other = sourceOf(elsewhere);
        const inner = other.groups.get(named);
        if (inner !== undefined) walk(inner, other, at);
      }
    }
  };
  const source = sourceOf(file);
  walk(source.groups.get('settings')!, source, '');
  return comments;
}

interface Source {
  readonly groups: Map<string, Group>;
  /** The file of each name that is imported from the sources. */
  readonly imports: Map<string, URL>;
}

function sourceOf(file: URL): Source {
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/^import \{([^}]*)\} from '(\..*\.ts)';$/gm)].flatMap(
    ([, names, path]) =>
      names.split(',').map((name): [string, URL] => [name.trim(), new URL(path, file)]),
  );
  return { groups: groupsOf(text), imports: new Map(imports) };
}

function groupsOf(source: string): Map<string, Group> {
  const groups = new Map<string, Group>();
  const open: { readonly group: Group; readonly indent: number }[] = [];
  let [declared, comment] = ['', ''];
  for (const line of source.replaceAll(/\n +\*(?:\/| ?)/g, ' ').split('\n')) {
    const indent = line.search(/\S/);
    const text = line.trim();
    declared = /^(?:export )?const (\w+) =/.exec(line)?.[1] ?? declared;
    const current = open.at(-1);
    const start = (group: Group) => void open.push({ group, indent });
    if (text.startsWith('/**')) {
      comment = text.replaceAll(/^\/\*\* ?|\*\/$/g, '').trim();
    } else if (current === undefined) {
      if (!/\bgroup\(\{$/.test(text)) continue;
      const group: Group = { fields: new Map() };
      groups.set(declared, group);
      start(group);
    } else if (indent === current.indent && text.startsWith('})')) {
      open.pop();
    } else if (indent === current.indent + 2) {
      const field = /^(?<name>'[^']+'|\w+)(?:: (?<value>.*)|,)$/.exec(text)?.groups;
      if (field === undefined) continue;
      const name = field.name.replaceAll("'", '');
      const group = field.value === 'group({' ? { fields: new Map() } : undefined;
      const elsewhere = /^(\w+)[(,]/.exec(field.value ?? '')?.[1];
      current.group.fields.set(name, {
        comment,
        ...(group && { group }),
        ...(elsewhere !== undefined && { name: elsewhere }),
      });
      comment = '';
      if (group !== undefined) start(group);
    }
  }
  return groups;
}
