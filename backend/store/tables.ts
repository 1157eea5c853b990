/** All tables, by what they are about. Every timestamp is epoch ms; every `json` column is checked where it enters, not here. */
export * from './tables/catalogue.ts';
export * from './tables/log.ts';
export * from './tables/orders.ts';
export * from './tables/versions.ts';
export * from './tables/experiments.ts';
export * from './tables/watching.ts';
export * from './tables/people.ts';
