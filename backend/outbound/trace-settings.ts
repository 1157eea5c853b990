import { group, share } from '../settings/fields.ts';

export const traces = group({
  /** Of requests to the backend that are of no trace yet, how many begin one. What is asked for in a trace that is sampled is told of always, and so are trainings and publications. */
  share: share.default(0),
});
