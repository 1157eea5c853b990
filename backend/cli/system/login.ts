import { Option } from 'commander';
import { moment } from '../../../shared/text/text.ts';
import { backendClient, backendUrl, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { ROLES, type Role } from '../../login/role.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

interface LoginOptions extends VerbOptions {
  readonly role: Role;
  readonly name?: string;
  readonly endAll?: boolean;
}

export const loginVerb = () =>
  backendVerb('login', 'print a link that signs a browser in to the dashboard, once')
    .addOption(
      new Option('--role <role>', 'look, or act as well').choices(ROLES).default('operator'),
    )
    .option('--name <name>', 'whose link it is, for the audit log (default: yours)')
    .option('--end-all', 'sign every browser out instead, and end links that nobody opened yet')
    .action(login);

async function login(options: LoginOptions): Promise<void> {
  const client = backendClient(options);
  if (options.endAll === true) {
    const ended = await json(client.logins.end.$post());
    return print(ended, () => `signed out: ${ended.ended}`, options);
  }
  const { role, name } = options;
  const { path, expiresAt } = await json(
    client.logins.$post({ json: { role, ...(name !== undefined && { name }) } }),
  );
  const link = `${backendUrl(options.backend)}${path}`;
  print(
    { link, role, expiresAt },
    () => `${link}\nOpens once, until ${moment(expiresAt)}.`,
    options,
  );
}
