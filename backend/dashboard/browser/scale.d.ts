export { scaleOf, ticksOf } from '../../reports/scale.ts';
