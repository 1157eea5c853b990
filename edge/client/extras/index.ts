export { askSatisfaction, type Survey } from './ask-satisfaction.ts';
export { trackFeatures } from './feature-use.ts';
export { trackForms } from './form-progress.ts';
export { trackPointer } from './pointer-activity.ts';
export { trackScroll } from './scroll-depth.ts';
export { trackAll } from './track-all.ts';
