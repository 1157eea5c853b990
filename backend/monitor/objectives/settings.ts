import { z } from 'zod';
import { atLeastOne, group, positive } from '../../settings/fields.ts';
import { parseSettings } from '../../settings/parse-settings.ts';

/** Below 1: nothing could ever be changed without breaking an objective of all. */
const target = z.number().min(0).max(0.99999);

/** What the service is to keep to: shares over 28 days. The rest of each may go wrong: that is its error budget. */
export const objectives = group({
  /** With fewer events in the long window of a burn rate, nothing is reported. */
  minEvents: atLeastOne.default(20),
  /** Availability: probes of the edge that it answers. */
  available: group({
    /** Share of probes. */
    target: target.default(0.999),
  }),
  /** Availability as visitors have it: rankings that their page did not give up on. */
  inTime: group({
    /** Share of the rankings that pages timed. */
    target: target.default(0.99),
  }),
  /** What visitors wait for a ranking, network included, as their pages timed it. */
  visitorLatency: group({
    /** Share of the rankings that pages timed. */
    target: target.default(0.95),
    /** Within this many ms. */
    withinMs: positive.default(500),
  }),
  /** What the edge takes to answer the probe, from where the backend stands. */
  probeLatency: group({
    /** Share of the probes that were answered. */
    target: target.default(0.99),
    /** Within this many ms. */
    withinMs: positive.default(500),
  }),
  /** From a click's arrival at the edge until its batch is taken in by the database. */
  clickToDatabase: group({
    /** Share of feedback events. */
    target: target.default(0.99),
    /** Within this many seconds. */
    withinSeconds: positive.default(60),
  }),
  /** From a rollback, or any other move of the pointer, until no edge ranks by the one before. */
  rollbackToEdges: group({
    /** Share of rankings by a pointer that was not replaced for longer than that. */
    target: target.default(0.999),
    /** Within this many seconds: the refresh, the cache of KV, and KV itself. */
    withinSeconds: positive.default(90),
  }),
  /** From the check that finds an alert until a channel has taken its notice. */
  alertDelay: group({
    /** Share of notices, over all channels. */
    target: target.default(0.95),
    /** Within this many minutes. */
    withinMinutes: positive.max(10).default(5),
  }),
});

export type ObjectiveSettings = z.infer<typeof objectives>;

/** @throws Error naming the setting and what it should have been. */
export const parseObjectives = (value: unknown): ObjectiveSettings =>
  parseSettings(objectives, value);
