import { createHmac } from 'node:crypto';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import { toPoints } from '../../../shared/score/fixed-point.ts';
import { chosenByMerit } from '../../science/learn/chosen-by-merit.ts';
import type { LoggedSlate } from '../../science/learn/logged-slate.ts';
import { COUNT_COLUMNS, rewardOf, VALUE_COLUMNS } from '../../science/learn/tallies.ts';

export const EXPORT_FORMATS = ['csv', 'libsvm', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What is to be written of a day. Cloneable. */
export interface TrainingRows {
  /** Names of the features, in the order of the codes. */
  readonly features: readonly string[];
  /** Metric → weight: what a label is the sum of. */
  readonly reward: Readonly<Record<string, number>>;
  /** Number of the first ranking. */
  readonly firstGroup: number;
  /** Visitors are told apart by a hash with it, which no other export has: the ids of the log stay where they are. */
  readonly salt: string;
}

export interface ExportColumn {
  readonly name: string;
  readonly type: 'text' | 'whole' | 'number';
  readonly about: string;
}

const OWN: readonly ExportColumn[] = [
  { name: 'group', type: 'whole', about: 'Number of the ranking; its rows are adjacent' },
  { name: 'at', type: 'number', about: 'When it was shown: epoch milliseconds' },
  {
    name: 'visitor',
    type: 'text',
    about:
      'The same for all rankings of one visitor of this export; empty where nobody may be told apart',
  },
  { name: 'placement', type: 'text', about: 'Where on the site' },
  { name: 'consent', type: 'text', about: 'What the visitor allowed' },
  { name: 'version', type: 'text', about: 'The weights that chose it, or "site order"' },
  {
    name: 'position',
    type: 'whole',
    about: 'Place in the list, from 1: on further pages, those before count',
  },
  { name: 'item', type: 'text', about: 'Id of the item' },
  {
    name: 'propensity',
    type: 'number',
    about: 'Probability of this item at this position, given the positions above',
  },
  { name: 'points', type: 'number', about: 'Its score when it was shown' },
  {
    name: 'label',
    type: 'number',
    about: 'Its reward: metrics by their weights, 0 where nothing happened',
  },
];

const EVENTS: readonly ExportColumn[] = [
  ...COUNT_COLUMNS.map(
    (name) => ({ name, type: 'whole', about: `Events ${name} that count` }) as const,
  ),
  ...VALUE_COLUMNS.map(
    (name) =>
      ({ name, type: 'number', about: `What they come to; empty where there was none` }) as const,
  ),
];

const TAKEN = new Set([...OWN, ...EVENTS].map(({ name }) => name));

/** The column of a feature: one that is called like another column is followed by `.code`. */
export const featureColumn = (name: string): string => (TAKEN.has(name) ? `${name}.code` : name);

/** The columns of CSV and Parquet, in order. */
export function exportColumns(features: readonly string[]): ExportColumn[] {
  return [
    ...OWN,
    ...features.map(
      (name) =>
        ({
          name: featureColumn(name),
          type: 'whole',
          about: 'Code: bucket from 0 (missing)',
        }) as const,
    ),
    ...EVENTS,
  ];
}

export type ExportCell = string | number | undefined;

/**
 * The rows of one ranking, in the order of `exportColumns`: of the items that training learns from, so none where all were pinned.
 * @param group its number.
 */
export function rowsOfSlate(
  logged: LoggedSlate,
  rows: TrainingRows,
  group: number,
): ExportCell[][] {
  const { features, reward, salt } = rows;
  const slate = chosenByMerit(logged);
  const units = logged.units.filter((_, slot) => logged.pinned?.[slot] !== 1);
  const visitor = visitorOf(slate, salt);
  return slate.itemIds.map((item, slot) => {
    const tallies = slate.tallies[slot] ?? {};
    const codes = slate.codes.subarray(slot * features.length, (slot + 1) * features.length);
    return [
      group,
      slate.at,
      visitor,
      slate.placement,
      slate.consent,
      slate.weights,
      slate.positions?.[slot] ?? slot + 1,
      item,
      slate.propensities[slot],
      toPoints(units[slot]),
      rewardOf(tallies, reward),
      ...codes,
      ...COUNT_COLUMNS.map((name) => tallies[name] ?? 0),
      ...VALUE_COLUMNS.map((name) => tallies[name]),
    ];
  });
}

function visitorOf({ userId, sessionId }: LoggedSlate, salt: string): string {
  if (userId === null && sessionId === NO_SESSION) return '';
  const named = userId === null ? `session ${sessionId}` : `user ${userId}`;
  return createHmac('sha256', salt).update(named).digest('hex').slice(0, 16);
}
