import type { Schema } from '../../../shared/features/schema.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { MetricLearning } from './metric-learning.ts';

/** Learns metric weights for the live schema, by the schedule of the settings; never where no target is declared. */
export const learningJob = (deps: {
  readonly learning: MetricLearning;
  readonly liveSchema: () => Promise<Schema>;
  readonly log: (message: string) => void;
}): Job => {
  const { learning, liveSchema, log } = deps;
  return {
    name: 'metric weights',
    schedule: learning.settings.target === undefined ? '' : learning.settings.schedule,
    leaderOnly: true,
    async run(): Promise<void> {
      await learning.gather();
      for (const { learned, row } of await learning.learn(await liveSchema(), 'trimtab'))
        log(
          `metric weights by ${learned.method}: ${row === undefined ? 'as before, ' : ''}${row?.reason ?? learned.abstains}`,
        );
    },
  };
};
