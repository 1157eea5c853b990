import { inArray } from 'drizzle-orm';
import { ApiError, detailsAt, invalid, invalidAt, partAt } from '../../shared/domain/errors.ts';
import type { ExperimentArm } from '../../shared/domain/experiment.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { checkExploration, isSameExploration } from '../../shared/domain/exploration.ts';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';

export interface ArmsAsked {
  /** The control first. */
  readonly arms: readonly ExperimentArm[];
  readonly design: 'split' | 'interleaved';
  /** An A/A test: arms that are equal. */
  readonly aa: boolean;
}

const MAX_ARMS = 8;
/** Of arms and of layers. */
export const NAME = /^[a-z0-9-]{1,40}$/;

/** Whether the experiment decides which version serves: by naming versions, or by training them. */
export const changesVersion = ({ arms, aa }: Omit<ArmsAsked, 'design'>): boolean =>
  aa || arms.some(({ version, reward }) => version !== undefined || reward !== undefined);

/** Where versions are compared, an arm that names none serves the champion as of the start. */
export const withVersions = (asked: Omit<ArmsAsked, 'design'>, champion: Version) =>
  changesVersion(asked)
    ? asked.arms.map((arm) => ({ ...arm, version: arm.version ?? champion }))
    : [...asked.arms];

/** @throws ApiError 400 or 404 naming the arm that could not be served, or that equals another. */
export async function checkArms(
  store: Store,
  { arms, design, aa }: ArmsAsked,
  champion: Version,
): Promise<void> {
  if (arms.length < 2 || arms.length > MAX_ARMS)
    throw invalidAt(
      'arms',
      `an experiment needs two arms or more, the control first, and at most ${MAX_ARMS}: this one has ${arms.length}`,
    );
  for (const [i, { name, weight, exploration }] of arms.entries()) {
    if (!NAME.test(name))
      throw invalidAt(
        `arms.${i}.name`,
        `an arm's name is 1 to 40 lower-case letters, digits and -, not "${name}"`,
      );
    if (!(weight > 0 && weight < Infinity))
      throw invalidAt(
        `arms.${i}.weight`,
        `the weight of arm ${name} must be above 0, but was ${weight}`,
      );
    if (exploration !== undefined)
      partAt(`arms.${i}.exploration`, () => checkExploration(exploration));
    if (arms.findIndex((arm) => arm.name === name) < i)
      throw invalidAt(`arms.${i}.name`, 'each arm needs a name of its own');
  }
  const full = withVersions({ arms, aa }, champion);
  await checkVersions(store, full, champion);
  if (design === 'interleaved') partAt('design', () => checkInterleaved(full));
  if (aa) return;
  full.forEach((arm, i) => {
    const same = full.slice(0, i).find((other) => serveAlike(other, arm));
    if (same !== undefined)
      throw invalidAt(
        `arms.${i}.version`,
        `arms ${same.name} and ${arm.name} differ in nothing: give one another version, exploration or reward, or ask for an A/A test (--aa, "aa": true)`,
      );
  });
}

/** `checkArms` lets equal arms pass only in an A/A test. */
export const isAA = (arms: readonly ExperimentArm[]): boolean =>
  arms.every((arm) => serveAlike(arm, arms[0]));

const serveAlike = (one: ExperimentArm, other: ExperimentArm): boolean =>
  one.version === other.version &&
  (one.exploration === undefined || other.exploration === undefined
    ? one.exploration === other.exploration
    : isSameExploration(one.exploration, other.exploration)) &&
  JSON.stringify(one.reward) === JSON.stringify(other.reward);

function checkInterleaved(arms: readonly ExperimentArm[]): void {
  if (arms.length !== 2)
    throw invalid(`an interleaved experiment drafts from exactly 2 arms, not ${arms.length}`);
  if (arms.some(({ version }) => version === undefined))
    throw invalid('an interleaved experiment compares versions: name one in at least one arm');
  const explored = arms.find(({ exploration }) => exploration !== undefined);
  if (explored !== undefined)
    throw invalid(
      `arm ${explored.name} cannot explore in its own way: an interleaved slate is drafted from both arms`,
    );
  const trained = arms.find(({ reward }) => reward !== undefined);
  if (trained !== undefined)
    throw invalid(`arm ${trained.name} of an interleaved experiment cannot be trained meanwhile`);
}

/** The catalogue at the edge is packed under the champion's schema: no other can be served. */
async function checkVersions(
  store: Store,
  arms: readonly ExperimentArm[],
  champion: Version,
): Promise<void> {
  const named = [
    champion,
    ...arms.flatMap(({ version }) => (version === undefined ? [] : [version])),
  ];
  const known = await store.db
    .select({ version: weights.version, hash: weights.schemaHash, schema: weights.schemaName })
    .from(weights)
    .where(inArray(weights.version, named));
  const about = new Map(known.map((row) => [row.version, row]));
  const live = about.get(champion);
  for (const [i, { name, version }] of arms.entries()) {
    if (version === undefined) continue;
    const found = about.get(version);
    const refuse = (status: number, code: string, why: string) => {
      const message = `arm ${name}: ${why}`;
      throw new ApiError(status, code, message, detailsAt(`arms.${i}.version`, message));
    };
    if (found === undefined)
      return refuse(
        404,
        'unknown_version',
        `there is no version ${version}: "trimtab weights" lists them`,
      );
    if (live !== undefined && found.hash !== live.hash)
      refuse(
        409,
        'foreign_schema',
        `${version} has schema ${found.schema}, and the champion ${champion} has ${live.schema}: one experiment serves one schema`,
      );
  }
}
