/** What a thread can be asked to do. Every kernel takes (control block, task number, thread number). */
export { histogramBlock, histogramWide, histogramPairs, subtractNode } from './histogram';
export { splitNode } from './split';
export { splitBlock, placeBlock, addLeaf, addTree } from './partition';
export { logistic, squared, pack, widen, widenPairs } from './gradient';
export { softmax, lambdaRank } from './slates';
export { additive, combine, countBuckets, transpose } from './additive';
