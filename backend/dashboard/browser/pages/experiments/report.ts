import type { ExperimentWithReport } from '../../../../http/answers.ts';

export type Report = NonNullable<ExperimentWithReport['report']>;
/** Of one arm with the control. */
export type Comparison = Report['analysis']['comparisons'][number];
