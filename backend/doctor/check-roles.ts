import { ROLES, type RoleName } from '../scheduler/roles.ts';
import type { LiveBackend } from '../scheduler/live-backends.ts';
import { ok, problem, type Check } from './check.ts';

const NAME = 'roles';
const MEANS: Readonly<Record<RoleName, string>> = {
  serve: 'nobody answers the dashboard, the command line and the site',
  ingest: 'nobody takes in the log',
  train: 'nothing is trained, published or watched by the clock',
};

/** Whether the backends of a database do everything between them. */
export function checkRoles(own: readonly RoleName[], backends: readonly LiveBackend[]): Check[] {
  const missing = ROLES.filter((role) => !backends.some(({ roles }) => roles.includes(role)));
  if (missing.length === 0)
    return [
      ok(
        NAME,
        `${own.join(', ')} here; ${backends.length === 1 ? 'one backend' : `${backends.length} backends`} on this database`,
      ),
    ];
  return missing.map((role) =>
    problem(
      NAME,
      `no backend has the role ${role}: ${MEANS[role]}`,
      'start one with it (`roles`, docs/at-scale.md#several-backends)',
    ),
  );
}
