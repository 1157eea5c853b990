import { seededRandom } from '../../shared/explore/random.ts';
import { endOf, type SoakForm } from './support/form.ts';
import { changed, CODEC_FUZZERS, faultIn } from './support/codec-fuzzers.ts';

const AT_ONCE = 500;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;

/**
 * Changed and made-up bytes to everything that reads what came from elsewhere. What is refused is refused by a typed error, and what is
 * read is written and read again as it was; memory does not grow.
 */
export const soakCodecs: SoakForm = async ({ minutes, seed, say }) => {
  const random = seededRandom(seed);
  const faults = new Map<string, number>();
  const counts = new Map<string, number>();
  const endMs = endOf({ minutes });
  let [inputs, startBytes] = [0, 0];
  while (performance.now() < endMs) {
    for (const [name, fuzzer] of Object.entries(CODEC_FUZZERS))
      for (let i = 0; i < AT_ONCE; i++) {
        const bytes = changed(fuzzer, random);
        const fault = faultIn(fuzzer, bytes);
        inputs++;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        if (fault === undefined) continue;
        const kind = `${name}: ${fault}`;
        if (!faults.has(kind)) say(`${kind}\n  ${Buffer.from(bytes).toString('base64')}`);
        faults.set(kind, (faults.get(kind) ?? 0) + 1);
      }
    if (startBytes === 0) startBytes = process.memoryUsage().rss;
  }
  const grown = process.memoryUsage().rss - startBytes;
  const broken = [...faults].map(([kind, times]) => `${times} × ${kind}`);
  if (grown > MAX_GROWTH_BYTES) broken.push(`memory grew by ${grown} bytes`);
  return {
    figures: `${inputs} inputs to ${counts.size} codecs, ${Math.round(grown / 1e6)} MB more memory`,
    broken,
  };
};
