import { parseArgs } from 'node:util';
import { findMutation } from './find-mutation.ts';
import { installHooks, loadChanges } from './loader/hooks.ts';
import { MUTATIONS } from './loader/mutations.ts';
import { simulator } from './run-worlds.ts';
import { ALL_FOCI, LOG_PATHS } from './world.ts';
import { addTo, listed, sumOf } from './tally.ts';

/**
 * `npm run simulate -- [--seed 1] [--minutes 2 | --operations 10000000 | --worlds 1] [--size 10000] [--path store] [--focus pointer]`: world after world, each of the seed after the
 * one before, until something is broken or there were enough. `--mutations` instead looks for the worlds that find planted faults; `--mutation <name>`
 * runs worlds with one. A line goes to standard error after each world. Ctrl-C ends the run after the world that is under way, with the sums so far,
 * and a second one ends it at once.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    minutes: { type: 'string' },
    operations: { type: 'string' },
    worlds: { type: 'string' },
    size: { type: 'string', default: '10000' },
    mutations: { type: 'boolean', default: false },
    mutation: { type: 'string' },
    'check-mutations': { type: 'boolean', default: false },
    most: { type: 'string', default: '1000' },
    path: { type: 'string' },
    focus: { type: 'string' },
  },
});

function numberOf(name: 'seed' | 'minutes' | 'operations' | 'worlds' | 'size' | 'most'): number {
  const text = values[name];
  const value = text === undefined ? Infinity : Number(text);
  if (!(value >= 0) || text === '')
    throw new Error(`--${name} must be a number, but was "${text}"`);
  return value;
}

const path = LOG_PATHS.find((one) => one === values.path);
if (values.path !== undefined && path === undefined)
  throw new Error(`--path must be one of ${LOG_PATHS.join(', ')}`);
const focus = ALL_FOCI.find((one) => one === values.focus);
if (values.focus !== undefined && focus === undefined)
  throw new Error(`--focus must be one of ${ALL_FOCI.join(', ')}`);
const mutation = MUTATIONS.find(({ name }) => name === values.mutation);
if (values.mutation !== undefined && mutation === undefined)
  throw new Error(`--mutation must be one of ${MUTATIONS.map(({ name }) => name).join(', ')}`);
/** A planted fault is looked for in the worlds that find it soonest. */
const wishFor = (one: (typeof MUTATIONS)[number] | undefined) => ({
  path,
  focus: focus ?? (one === undefined ? undefined : (one.focus ?? 'all')),
});
const [first, size, most] = [numberOf('seed'), numberOf('size'), numberOf('most')];
const isUnlimited = [values.minutes, values.operations, values.worlds].every(
  (limit) => limit === undefined,
);
const endsAtMs = performance.now() + (isUnlimited ? 2 : numberOf('minutes')) * 60_000;
const [operationsWanted, worldsWanted] = [numberOf('operations'), numberOf('worlds')];
const say = (line: string) => void process.stdout.write(`${line}\n`);
if (values['check-mutations']) {
  installHooks();
  for (const one of MUTATIONS) await loadChanges(one);
  say(`${MUTATIONS.length} planted faults fit the code`);
  process.exit();
}
const worlds = await simulator();
if (values.mutations) {
  let missed = 0;
  for (const one of MUTATIONS) {
    const found = await findMutation(worlds, one, { first, size, most, wish: wishFor(one) });
    if (found === undefined) missed++;
    const kind = `${one.name} (${focus ?? one.focus ?? 'all'})`;
    say(
      found === undefined
        ? `${kind}: not found in ${most} worlds`
        : `${kind}: found in world ${found.worlds}, of seed ${found.seed}: ${found.violation.message}`,
    );
  }
  say(`${MUTATIONS.length - missed} of ${MUTATIONS.length} planted faults were found`);
  process.exitCode = missed > 0 ? 1 : 0;
} else {
  const beganMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const [operations, faults] = [new Map<string, number>(), new Map<string, number>()];
  let [count, simulatedMs, digest] = [0, 0, 0];
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  process.stderr.write(`worlds from seed ${first}\n`);
  while (
    !stopping.signal.aborted &&
    performance.now() < endsAtMs &&
    sumOf(operations) < operationsWanted &&
    count < worldsWanted
  ) {
    const ran = await worlds.run(first + count, size, mutation, wishFor(mutation));
    count++;
    digest = (Math.imul(digest, 31) + ran.digest) >>> 0;
    simulatedMs += ran.simulatedMs;
    addTo(operations, ran.operations);
    addTo(faults, ran.faults);
    const minutes = ((performance.now() - beganMs) / 60_000).toFixed(1);
    process.stderr.write(
      `world ${count} of seed ${ran.seed}: ${sumOf(ran.operations)} operations, ${sumOf(ran.faults)} faults; so far ${sumOf(operations)} operations, ${sumOf(faults)} faults, ${minutes} minutes\n`,
    );
    if (ran.violation === undefined) continue;
    say(`seed ${ran.seed} broke this: ${ran.violation.message}`);
    const planted = mutation === undefined ? '' : ` --mutation ${mutation.name}`;
    const by = [path && ` --path ${path}`, focus && ` --focus ${focus}`].join('');
    say(`again: npm run simulate -- --seed ${ran.seed} --worlds 1 --size ${size}${by}${planted}`);
    process.exitCode = 1;
    break;
  }
  if (stopping.signal.aborted) say('stopped before its end');
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const perSecond = Math.round(sumOf(operations) / ((user + system) / 1e6));
  say(`operations:\n${listed(operations)}`);
  say(`faults:\n${listed(faults)}`);
  say(
    `${count} worlds from seed ${first}, ${sumOf(operations)} operations, ${sumOf(faults)} faults, ${(simulatedMs / 3_600_000).toFixed(1)} hours simulated in ${seconds.toFixed(1)} s: ${perSecond} operations per second of processor time, digest ${digest.toString(16)}`,
  );
}
