import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ServedExperiment } from '../../../shared/domain/experiment.ts';
import { parsePointer, type Pointer } from '../../../shared/domain/pointer.ts';
import { assign, type Visitor } from '../../../shared/explore/assign.ts';
import {
  experimentOf,
  otherArms,
  resolve,
  type Resolved,
} from '../../../shared/explore/resolve.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../golden/resolve.json', import.meta.url), 'utf8'),
) as {
  pointers: Record<string, unknown>;
  cases: { pointer: string; visitor: Visitor; expected: Resolved }[];
};
const pointerOf = (name: string): Pointer => {
  const written = golden.pointers[name];
  return parsePointer(typeof written === 'string' ? written : JSON.stringify(written))!;
};
const busy = pointerOf('busy');
const visitors: Visitor[] = Array.from({ length: 3000 }, (_, i) => ({
  sessionId: `s${i}`,
  ...(i % 5 > 0 && { userId: `u${i}` }),
}));
const exposedTo = (pointer: Pointer, visitor: Visitor) =>
  resolve(pointer, visitor).exposures.map(({ experiment }) => experiment);

/** The pointer with each experiment changed. */
const changed = (change: (experiment: ServedExperiment) => Partial<ServedExperiment>): Pointer => ({
  ...busy,
  layers: busy.layers!.map((layer) => ({
    ...layer,
    experiments: layer.experiments.map((one) => ({ ...one, ...change(one) })),
  })),
});

describe('resolve', () => {
  it.each(golden.cases)(
    'serves $visitor as $expected by pointer $pointer',
    ({ pointer, visitor, expected }) => {
      expect(resolve(pointerOf(pointer), visitor)).toEqual(expected);
    },
  );

  it('serves the champion to everybody while somebody holds the pointer by hand', () => {
    for (const visitor of visitors.slice(0, 100))
      expect(resolve(pointerOf('held'), visitor)).toEqual({ version: 'v000010', exposures: [] });
  });

  it('exposes to the arm that each layer assigns, and to no more than one experiment of a layer', () => {
    for (const visitor of visitors) {
      const ids = exposedTo(busy, visitor);
      for (const layer of busy.layers!) {
        const own = layer.experiments.filter(({ id }) => ids.includes(id));
        expect(own.length).toBeLessThan(2);
        const { exposures } = resolve(busy, visitor);
        const exposure = exposures.find(({ experiment }) => experiment === own[0]?.id);
        if (exposure !== undefined) expect(assign(layer, visitor)).toEqual(exposure);
      }
    }
  });

  it('is the same for a user in every session where layers go by user', () => {
    const byUser = { ...busy, layers: busy.layers!.filter(({ unit }) => unit === 'user') };
    for (const { userId } of visitors.filter((visitor) => visitor.userId !== undefined)) {
      const [one, two] = ['phone', 'desk'].map((sessionId) =>
        resolve(byUser, { sessionId, userId }),
      );
      expect(one).toEqual(two);
    }
  });
});

describe('an experiment claims what it changes', () => {
  const inside = (id: string) =>
    visitors.filter((visitor) => exposedTo(busy, visitor).includes(id));

  it.each([
    ['exp_1', 'control', 'a version of its own'],
    ['exp_1', 'treatment', 'a version of its own'],
    ['exp_5', 'control', "the champion's version"],
    ['exp_3', 'control', 'a drafted slate'],
  ])('so that nobody in %s, its %s included, which serves %s, is in a canary', (id, arm) => {
    const own = inside(id).filter((visitor) =>
      resolve(busy, visitor).exposures.some((one) => one.experiment === id && one.arm === arm),
    );
    expect(own.length).toBeGreaterThan(30);
    for (const visitor of own) expect(exposedTo(busy, visitor)).not.toContain('roll_1');
  });

  it('and leaves to others what it does not change', () => {
    const both = inside('exp_1').filter((visitor) => exposedTo(busy, visitor).includes('exp_4'));
    expect(both.length).toBeGreaterThan(100);
    expect(inside('exp_3').some((visitor) => exposedTo(busy, visitor).includes('exp_4'))).toBe(
      false,
    );
  });

  it('and one that changes nothing is passed over and claims nothing', () => {
    expect(inside('exp_2')).toEqual([]);
    const owned = visitors.filter((visitor) => 'arm' in assign(busy.layers![0], visitor));
    const idle = owned.filter((visitor) => {
      const assigned = assign(busy.layers![0], visitor);
      return assigned.experiment === 'exp_2' && exposedTo(busy, visitor).includes('roll_1');
    });
    expect(idle.length).toBeGreaterThan(100);
  });

  it('for all alike: who is passed over does not depend on the arms of those who are', () => {
    const otherSalts = changed(({ id, salt, traffic }) =>
      // A salt also draws who takes part, so only where all do can the arms alone be drawn anew.
      traffic === 1 && id !== 'exp_1' ? { salt: `${salt}-again` } : {},
    );
    let moved = 0;
    for (const visitor of visitors) {
      expect(exposedTo(otherSalts, visitor)).toEqual(exposedTo(busy, visitor));
      if (resolve(otherSalts, visitor).version !== resolve(busy, visitor).version) moved++;
    }
    expect(moved).toBeGreaterThan(300);
  });
});

describe('a visitor stays in the arms it is in', () => {
  it('while traffic grows', () => {
    const more = changed(({ traffic }) => ({ traffic: Math.min(1, traffic * 1.8) }));
    for (const visitor of visitors) {
      const before = assign(busy.layers![0], visitor);
      if ('arm' in before) expect(assign(more.layers![0], visitor)).toEqual(before);
    }
    const grown = visitors.filter((visitor) => exposedTo(more, visitor).includes('exp_1')).length;
    const once = visitors.filter((visitor) => exposedTo(busy, visitor).includes('exp_1')).length;
    expect(grown).toBeGreaterThan(once * 1.5);
  });

  it('while its range widens over what nobody else has', () => {
    const wider = changed(({ id, range: [from, to] }) =>
      id === 'exp_3' ? { range: [from, 1] } : { range: [from, to] },
    );
    for (const visitor of visitors) {
      const before = resolve(busy, visitor);
      if (before.interleaved !== undefined) expect(resolve(wider, visitor)).toEqual(before);
    }
  });
});

describe('otherArms', () => {
  it('are served as those are who are in them', () => {
    const seen = new Map(
      visitors.map((visitor) => {
        const { exposures, ...served } = resolve(busy, visitor);
        return [JSON.stringify(exposures), served] as const;
      }),
    );
    let compared = 0;
    for (const visitor of visitors.slice(0, 500)) {
      const resolved = resolve(busy, visitor);
      resolved.exposures.forEach(({ experiment, arm }, at) => {
        const spec = experimentOf(experiment, busy);
        const others = spec.arms.filter(({ name }) => name !== arm);
        const served = otherArms(resolved, spec, busy);
        expect(served).toHaveLength(others.length);
        others.forEach(({ name }, i) => {
          const there = resolved.exposures.with(at, { experiment, arm: name });
          const found = seen.get(JSON.stringify(there));
          if (found === undefined) return;
          expect(served[i]).toEqual(found);
          compared++;
        });
      });
    }
    expect(compared).toBeGreaterThan(300);
  });
});
