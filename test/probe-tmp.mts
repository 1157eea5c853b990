import { startTestBackend } from './backend/support/backend.ts';
import { routesOfBackend } from './soak/support/routes-of-backend.ts';
import { FuzzTally } from './soak/support/fuzz-at-once.ts';
import { seededRandom } from '../shared/explore/random.ts';
const b = await startTestBackend();
const r = await routesOfBackend(b);
const random = seededRandom(Number(process.argv[2] ?? 3));
for (const at of [1, 16]) {
  const t = new FuzzTally(); const began = performance.now(), c = process.cpuUsage();
  await t.run(2000, at, () => r.ask(random), console.log);
  console.log(at, t.asked / (performance.now() - began) * 1000, 'per s', process.cpuUsage(c).user / 2000, 'us', t.text, [...t.faults]);
}
const before = await r.stored();
const t = new FuzzTally(); const began = performance.now();
await t.run(4000, 16, () => r.askWithoutRight(random), console.log);
console.log(t.asked / (performance.now() - began) * 1000, 'per s', t.text, [...t.faults], before === await r.stored());
await b.close(); process.exit(0);
