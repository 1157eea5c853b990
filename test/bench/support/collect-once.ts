import { createClient } from '@libsql/client';
import { drizzle } from 'drizzle-orm/libsql';
import { collect } from '../../../backend/experiments/collect-statistics.ts';
import { readExperiment } from '../../../backend/experiments/read-experiments.ts';

/** Counts one experiment in a process of its own, as its thread does, and says what that took. */
const [url, id] = process.argv.slice(2);
const db = drizzle(createClient({ url, concurrency: 1 }));
const experiment = await readExperiment({ db }, id);
const [before, residentBytes] = [process.cpuUsage(), process.memoryUsage().rss];
await collect({ db }, experiment);
const { user, system } = process.cpuUsage(before);
const addedBytes = process.resourceUsage().maxRSS * 1024 - residentBytes;
console.log(JSON.stringify({ seconds: (user + system) / 1e6, addedBytes }));
