export { STEPS } from '../../rollouts/steps.ts';
