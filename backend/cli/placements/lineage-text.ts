import { counted, moment } from '../../../shared/text/text.ts';
import type { Status } from '../../http/answers.ts';

/** Why a placement that the configuration names has no lineage of its own yet, on one line. */
export const lineageWaitsText = ({ placement, why }: Status['placementsWaiting'][number]): string =>
  `${placement}: ranked by the default lineage, as its own has not begun: ${why}`;

/** What is live at a placement with a lineage of its own, on one line. */
export function lineageText(lineage: Status['placements'][number]): string {
  const { placement, version, name, schemaName, since, hold, by, shadow, experiments } = lineage;
  return [
    `${placement}: ${version} "${name ?? 'not stored here'}" (${schemaName ?? 'unknown schema'})`,
    ...(since === null ? [] : [`since ${moment(since)}, by ${by ?? 'hand'}`]),
    ...(hold ? [`held: "trimtab release --placement ${placement}" lifts it`] : []),
    ...(shadow === null ? [] : [`${shadow} in shadow`]),
    ...(experiments.length === 0 ? [] : [counted(experiments.length, 'experiment')]),
    ...(lineage.isConfigured ? [] : ['no longer in the configuration, so that it is not trained']),
  ].join(', ');
}
