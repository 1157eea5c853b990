import { mono, muted, table, when, type Section } from '../../dom.ts';
import { figure, whole } from '../../format.ts';
import type { Experiment } from '../../../../http/answers.ts';
import type { Report } from './report.ts';

/** Who is in which arm, and whether as many are as were assigned. */
export function armsSection(
  one: Experiment,
  { analysis, frozen, at, refusedUnits }: Report,
): Section {
  const units = new Map(analysis.arms.map((arm) => [arm.name, arm.units]));
  const { srm } = analysis;
  return {
    id: 'arms',
    title: 'Arms',
    content: [
      // Every slate of an interleaved experiment holds both arms: there is nothing to count by arm.
      analysis.interleaving === undefined
        ? armsTable(one, units)
        : muted('Both arms draft every slate in turn: there is nothing to count by arm.'),
      muted(
        analysis.interleaving !== undefined || srm.kind === 'no-answer'
          ? ''
          : `sample ratio ${srm.mismatch ? 'mismatch' : 'as expected'} (p ${figure(srm.pValue)}), `,
        refusedUnits > 0 ? `${whole(refusedUnits)} left out as bots, ` : '',
        frozen ? 'frozen ' : 'counted ',
        when(at),
      ),
    ],
  };
}

const armsTable = (one: Experiment, units: ReadonlyMap<string, number>): HTMLElement =>
  table(
    'Arms, and who was counted',
    [
      { label: 'Arm' },
      { label: 'Weight', number: true },
      { label: 'Serves' },
      { label: one.unit === 'user' ? 'Users' : 'Sessions', number: true },
    ],
    one.arms.map(({ name, weight, version, reward }) => [
      name,
      figure(weight),
      mono(`${version ?? 'champion'}${reward ? ` (${reward} reward)` : ''}`),
      whole(units.get(name)),
    ]),
  );
