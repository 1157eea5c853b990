import { z } from 'zod';
import { atLeastOne, group } from '../settings/fields.ts';

const amount = z.number().nonnegative();
/** What a month includes, and what a million (or, of what is stored, a GB) costs beyond it. */
const price = (included: number, each: number) =>
  group({
    /** How much of it a month has for nothing. */
    included: amount.default(included),
    /** Price of a million more; of storage, of a GB more. */
    each: amount.default(each),
  });

/** What a month costs, as far as the log tells, and from which estimate on that is an alert. */
export const costs = group({
  /** An estimate for a month that is higher opens an alert, in `costs.prices.currency`; left out: none does. */
  monthlyLimit: z
    .number()
    .positive()
    .optional()
    .meta({ examples: [100] }),
  /** How many isolates of the Worker serve at the same time, as nothing here can count them: each asks for what is live. */
  isolates: atLeastOne.default(20),
  /** Processor time of a request to the Worker, in ms: see "CPU time" in Cloudflare's dashboard. */
  workerCpuMs: amount.default(3),
  /** How long a call keeps a Durable Object busy, in ms. */
  durableObjectMs: amount.default(20),
  /** Those of Cloudflare's Workers Paid plan and of R2; put in yours where they differ. */
  prices: group({
    /** When they were looked up. */
    asOf: z.iso.date().default('2026-11-30'),
    /** What they are in. */
    currency: z.string().min(1).max(8).default('USD'),
    /** The plan, a month. */
    plan: amount.default(5),
    /** Requests to the Worker. */
    workerRequests: price(10_000_000, 0.3),
    /** Its processor time, in ms. */
    workerCpuMs: price(30_000_000, 0.02),
    /** Calls and alarms of Durable Objects. */
    durableObjectRequests: price(1_000_000, 0.15),
    /** How long they are busy, in GB-seconds. */
    durableObjectGbSeconds: price(400_000, 12.5),
    /** Rows that they read. */
    durableObjectRowsRead: price(25_000_000_000, 0.001),
    /** Rows that they write. */
    durableObjectRowsWritten: price(50_000_000, 1),
    /** What they keep, in GB. */
    durableObjectStorageGb: price(5, 0.2),
    /** Keys of KV that are read. */
    kvReads: price(10_000_000, 0.5),
    /** Keys of KV that are written. */
    kvWrites: price(1_000_000, 5),
    /** Keys of KV that are deleted. */
    kvDeletes: price(1_000_000, 5),
    /** What KV keeps, in GB. */
    kvStorageGb: price(1, 0.5),
    /** Writes and listings of the bucket (class A). */
    bucketWrites: price(1_000_000, 4.5),
    /** Reads of the bucket (class B). */
    bucketReads: price(10_000_000, 0.36),
    /** What the bucket keeps, in GB. */
    bucketStorageGb: price(10, 0.015),
    /** An hour of training on the backend's machine; 0 where it runs anyway. */
    trainingHour: amount.default(0),
  }),
});

export type CostSettings = z.infer<typeof costs>;
