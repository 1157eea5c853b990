export { TrimtabProvider, useTrimtab } from './provider.ts';
export { useRanking, type RankingOptions, type UsedRanking } from './use-ranking.ts';
