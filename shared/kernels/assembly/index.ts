export { sumTrees } from './trees';
export { sumNetwork } from './network';
export { bestRows } from './best-rows';
