import { counted, moment } from '../../../shared/text/text.ts';
import type { Status } from '../../http/answers.ts';

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
