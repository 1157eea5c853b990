import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** What systemd, container engines and Node read differently: such a value would arrive as another one somewhere. */
const READ_DIFFERENTLY = /["'`\\#$\n\r\0]|^\s|\s$/;

/** @returns {} where there is no file. */
export async function readEnvFile(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await textOf(path);
  return Object.fromEntries(
    Object.entries(parseEnv(text)).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value]],
    ),
  );
}

/**
 * Sets variables in a file, which its owner alone can read; other lines stay as they are. The name always has a whole file behind it.
 * @returns whether the file changed.
 */
export async function writeEnvFile(
  path: string,
  variables: Readonly<Record<string, string>>,
  heading: string,
): Promise<boolean> {
  const before = await textOf(path);
  const after = withVariables(before === '' ? `# ${heading}\n` : before, variables);
  await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  if (after === before) {
    // It may have been copied here by hand.
    await chmod(path, OWNER_ONLY);
    return false;
  }
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(aside, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(after);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
  const folder = await open(dirname(path));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}

/** @throws Error on a value that not every reader of such files understands alike. */
export function withVariables(text: string, variables: Readonly<Record<string, string>>): string {
  let lines = text;
  for (const [name, value] of Object.entries(variables)) {
    if (READ_DIFFERENTLY.test(value))
      throw new Error(
        `the value of ${name} has quotes, spaces around it or one of \\ # $, which systemd, containers and Node read differently`,
      );
    const line = new RegExp(`^(export )?${name}[ \\t]*=.*$`, 'm');
    const written = `${name}=${value}`;
    if (line.test(lines)) lines = lines.replace(line, () => written);
    else lines = `${lines}${lines === '' || lines.endsWith('\n') ? '' : '\n'}${written}\n`;
  }
  return lines;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
