import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import { changed, CODEC_FUZZERS, faultIn } from '../../soak/support/codec-fuzzers.ts';
import { runs, SEED } from '../support/seed.ts';

it('every file of shared/format has a fuzzer that goes through it', () => {
  const folder = new URL('../../../shared/format/', import.meta.url);
  const files = readdirSync(folder).map((name) => `format/${name}`);
  const covered = new Set(Object.values(CODEC_FUZZERS).flatMap((fuzzer) => fuzzer.files));
  expect(files.filter((file) => !covered.has(file))).toEqual([]);
});

describe.each(Object.entries(CODEC_FUZZERS))(`what reads %s (seed ${SEED})`, (_, fuzzer) => {
  it('refuses by a typed error, or reads what is written as it was', () => {
    const random = seededRandom(SEED);
    for (let i = 0; i < runs(300); i++) {
      const bytes = changed(fuzzer, random);
      const fault = faultIn(fuzzer, bytes);
      if (fault !== undefined)
        expect.unreachable(`${fault}: ${Buffer.from(bytes).toString('base64')}`);
    }
  });
});
