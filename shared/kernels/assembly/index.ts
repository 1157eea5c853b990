export { sumTrees } from './trees';
export { sumNetwork } from './network';
