import { startTestBackend } from './backend/support/backend.ts';
import { routesOfBackend } from './soak/support/routes-of-backend.ts';
import { seededRandom } from '../shared/explore/random.ts';
const b = await startTestBackend();
const r = await routesOfBackend(b);
const random = seededRandom(5);
const by = new Map<string, [number, number]>();
for (let i = 0; i < 1500; i++) {
  const t = performance.now();
  const { line } = await r.ask(random);
  const { method, path } = JSON.parse(line());
  const k = method + ' ' + path.split('?')[0].split('/').slice(0, 4).join('/').slice(0, 40);
  const e = by.get(k) ?? [0, 0]; e[0] += performance.now() - t; e[1]++; by.set(k, e);
}
for (const [k, [ms, n]] of [...by].sort((a, b) => b[1][0] - a[1][0]).slice(0, 25)) console.log(k, Math.round(ms), n, (ms / n).toFixed(1));
await b.close(); process.exit(0);
