import { z } from 'zod';
import { checkExploration } from '../../shared/domain/exploration.ts';
import { MOST_LINEAGES } from '../../shared/domain/lineage.ts';
import { isMetric, METRIC_NAMES } from '../../shared/domain/metric-name.ts';
import { isPlacement } from '../../shared/domain/placement.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { multiple, share } from '../settings/fields.ts';

/** Of a slate that versions of a placement draw; what is left out is as the schema says. */
const exploration = z
  .strictObject({
    temperature: z.number().optional(),
    epsilon: z.number().optional(),
    poolSize: z.number().optional(),
    optimism: z.number().optional(),
    maxLoss: z.number().optional(),
    fromSlot: z.number().optional(),
  })
  .readonly()
  .superRefine((given, context) => {
    try {
      checkExploration({ temperature: 0, epsilon: 0, poolSize: 50, ...given });
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });

const reward = z.record(z.string(), z.number()).superRefine((given, context) => {
  const unknown = Object.keys(given).find((name) => !isMetric(name));
  if (unknown !== undefined)
    context.addIssue({
      code: 'custom',
      path: [unknown],
      message: `is no metric: take one of ${METRIC_NAMES.join(', ')}, or outcome.<name>`,
    });
  else if (!Object.values(given).some((weight) => weight > 0))
    context.addIssue({
      code: 'custom',
      message: 'must weigh one metric above 0, or nothing is learned',
    });
});

const setting = z
  .strictObject({
    schema: z.string().min(1).optional(),
    reward: reward.optional(),
    exploration: exploration.optional(),
    gate: z
      .strictObject({ minCover: share.optional(), maxCost: multiple.optional() })
      .readonly()
      .optional(),
    layer: z
      .stringFormat('layer', (name) => /^[a-z0-9-]{1,40}$/.test(name))
      .meta({ description: '1 to 40 lower-case letters, digits and "-"' })
      .optional(),
  })
  .readonly();

/** Which placements have a lineage of their own, and what is different there. */
export const placementSettings = z
  .record(z.string(), setting)
  .superRefine((given, context) => {
    const names = Object.keys(given);
    for (const name of names)
      if (!isPlacement(name))
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'is no placement: it must be 1 to 64 lower-case letters, digits, "-" and "_"',
        });
    if (names.length > MOST_LINEAGES)
      context.addIssue({
        code: 'custom',
        message: `may have ${MOST_LINEAGES} placements, but has ${names.length}`,
      });
  })
  .default({})
  .meta({
    examples: [{ home: { reward: { click: 1 } }, email: {} }],
    description:
      'placements by name, each with any of schema, reward, exploration, gate and layer (docs/placements.md)',
  });

type GivenPlacement = z.infer<typeof setting>;

/** What a placement with a lineage of its own has that others have not. */
export interface PlacementSetting extends Omit<GivenPlacement, 'schema'> {
  /** What its rules are made of when the lineage begins; absent: it begins with the champion of the default lineage. */
  readonly schema?: Schema;
}

/** By placement. */
export type PlacementSettings = Readonly<Record<string, PlacementSetting>>;

/** Of one placement. @returns undefined where the configuration does not name it, or of the default lineage (no placement). */
export const settingAt = (
  all: PlacementSettings,
  placement: string | undefined,
): PlacementSetting | undefined =>
  placement !== undefined && Object.hasOwn(all, placement) ? all[placement] : undefined;
