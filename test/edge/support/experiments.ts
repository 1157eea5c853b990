import { expect } from 'vitest';
import type {
  ServedArm,
  ServedExperiment,
  ServedLayer,
} from '../../../shared/domain/experiment.ts';
import { eventually } from './eventually.ts';
import { SECRET, type Isolate } from './edge.ts';
import { pointAt } from './publish.ts';

export const HALVES: readonly ServedArm[] = [
  { name: 'control', weight: 50 },
  { name: 'treatment', weight: 50 },
];

/** An experiment that runs on all, halves, with salts of its own. */
export const experimentOf = (
  id: string,
  changes: Partial<ServedExperiment> = {},
): ServedExperiment => ({
  id,
  salt: `salt of ${id}`,
  status: 'running',
  range: [0, 1],
  traffic: 1,
  arms: HALVES,
  design: 'split',
  trigger: 'ranked',
  ...changes,
});

export const layerOf = (
  name: string,
  experiments: readonly ServedExperiment[],
  unit: ServedLayer['unit'] = 'user',
): ServedLayer => ({ name, salt: `layer ${name}`, unit, experiments });

interface Version {
  readonly pointer: unknown;
  readonly experiments: readonly string[];
  readonly shadow: string | null;
  readonly problems?: readonly string[];
  readonly degraded: boolean;
}

/** Moves the pointer, and waits until the isolate has it and its version says what it should. */
export async function publishTraffic(
  isolate: Isolate,
  pointer: object | string,
  expected: Partial<Version>,
): Promise<Version> {
  await pointAt(pointer);
  const seen = typeof pointer === 'string' ? { champion: pointer, hold: true } : pointer;
  let version: Version | undefined;
  await eventually(async () => {
    version = await (await isolate.fetch('/v1/version', { key: SECRET })).json<Version>();
    expect(version).toMatchObject({ pointer: seen, ...expected });
  });
  return version!;
}
