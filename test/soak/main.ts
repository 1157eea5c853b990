import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { soakProperties } from './properties.ts';
import { soakRoutes } from './routes.ts';
import { soakStrata } from './strata.ts';
import { soakWorlds } from './worlds.ts';
import { soakBandits } from './bandits.ts';
import { soakCircle } from './circle.ts';
import { soakClimbs } from './climbs.ts';
import { soakCodecs } from './codecs.ts';
import { replayFuzz, soakFuzz } from './fuzz.ts';
import { soakClicks } from './clicks.ts';
import { soakLoad } from './load.ts';
import { soakKills } from './kills.ts';
import type { SoakForm } from './support/form.ts';

const FORMS: Readonly<Record<string, SoakForm>> = {
  worlds: soakWorlds,
  strata: soakStrata,
  circle: soakCircle,
  bandits: soakBandits,
  climbs: soakClimbs,
  kills: soakKills,
  load: soakLoad,
  clicks: soakClicks,
  fuzz: soakFuzz,
  codecs: soakCodecs,
  properties: soakProperties,
  routes: soakRoutes,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    write: { type: 'string' },
    replay: { type: 'string' },
    worlds: { type: 'string' },
    inputs: { type: 'string' },
    strata: { type: 'string' },
    keep: { type: 'string' },
    peer: { type: 'string' },
    online: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (form === undefined || positionals.length > 1)
  throw new Error(`name one form: ${Object.keys(FORMS).join(', ')}`);
if (!(minutes > 0)) throw new Error(`--minutes must be above 0, but was "${values.minutes}"`);
if (!Number.isSafeInteger(seed) || seed < 0)
  throw new Error(`--seed must be a whole number, but was "${values.seed}"`);
if (values.write !== undefined && !/^\d{4}-\d\d-\d\d$/.test(values.write))
  throw new Error(`--write takes the date of the line, such as 2026-11-28, not "${values.write}"`);
if (values.replay !== undefined && form !== soakFuzz)
  throw new Error('--replay takes a request that the form fuzz has printed');

const worlds = values.worlds === undefined ? undefined : Number(values.worlds);
if (worlds !== undefined && form !== soakStrata && form !== soakClimbs)
  throw new Error('--worlds is of the forms strata and climbs');
if (
  values.strata !== undefined &&
  ![soakStrata, soakCircle, soakBandits, soakClimbs].includes(form)
)
  throw new Error('--strata is of the forms strata, circle, bandits and climbs');
if (values.keep !== undefined && form !== soakStrata)
  throw new Error('--keep is of the form strata');
if (values.online && form !== soakCircle) throw new Error('--online is of the form circle');
if (values.peer !== undefined && form !== soakBandits)
  throw new Error('--peer is of the form bandits');
const inputs = values.inputs === undefined ? undefined : Number(values.inputs);
if (inputs !== undefined && (form !== soakRoutes || !(Number.isSafeInteger(inputs) && inputs > 0)))
  throw new Error('--inputs is a whole number above 0, of the form routes');
if (worlds !== undefined && !(Number.isSafeInteger(worlds) && worlds > 0))
  throw new Error(`--worlds must be a whole number above 0, but was "${values.worlds}"`);

if (values.replay === undefined) await run(form);
else process.stdout.write(`${await replayFuzz(values.replay)}\n`);

async function run(chosen: SoakForm): Promise<void> {
  const started = performance.now();
  const say = (line: string) => {
    const at = Math.round((performance.now() - started) / 1000);
    process.stdout.write(`${name} ${String(at).padStart(5)} s  ${line}\n`);
  };
  const length =
    chosen === soakCircle || chosen === soakBandits || chosen === soakClimbs
      ? 'once'
      : inputs !== undefined
        ? `${inputs} inputs`
        : worlds === undefined
          ? `${minutes} min`
          : `${worlds} worlds a stratum`;
  say(`${length}, seed ${seed}`);
  const strata = values.strata?.split(',');
  const { figures, table, broken } = await chosen({
    minutes,
    seed,
    ...(worlds !== undefined && { worlds }),
    ...(inputs !== undefined && { inputs }),
    ...(strata && { strata }),
    ...(values.keep !== undefined && { keep: values.keep }),
    ...(values.peer !== undefined && { peer: values.peer }),
    ...(values.online && { online: true }),
    say,
  });
  if (table !== undefined) process.stdout.write(`${table}\n`);
  for (const promise of broken) say(`BROKEN: ${promise}`);
  const verdict = broken.length === 0 ? 'all promises kept' : `${broken.length} promises broken`;
  process.stdout.write(`${name}, ${length}, seed ${seed}: ${figures}: ${verdict}\n`);
  if (values.write !== undefined) {
    const machine = `${availableParallelism()} cores, Node ${process.version}`;
    const rows = table === undefined ? [] : ['', '```text', ...table.split('\n'), '```', ''];
    const detail = [...rows, ...broken.map((promise) => `- ${promise}`)]
      .map((row) => (row === '' ? '\n' : `  ${row}\n`))
      .join('');
    const line = `- ${values.write}: ${name}, ${length}, seed ${seed}, ${machine}: ${figures}: ${verdict}\n${detail}`;
    appendFileSync(new URL('results.md', import.meta.url), line);
  }
  process.exitCode = broken.length === 0 ? 0 : 1;
}
