import type { WeightDelta } from '../../../../shared/domain/weight-delta.ts';
import type { Schema } from '../../../../shared/features/schema.ts';
import { ByteReader } from '../../../../shared/format/bytes.ts';
import { STRIDE, toPoints, toUnits } from '../../../../shared/score/scorer.ts';

/** Groups of seven bits that a number of 32 bits takes. */
const MOST_GROUPS = 5;

/**
 * Deltas as they are stored, exactly: one after the other by place, how many places after the one before, and by how many units the
 * weight is changed, twice as many as that and one less where it is lowered. Both in groups of seven bits, the lowest first.
 */
export function deltasToBytes(schema: Schema, deltas: readonly WeightDelta[]): Uint8Array {
  const indexes = new Map(schema.features.map(({ name }, index) => [name, index]));
  const units = new Int32Array(schema.features.length * STRIDE);
  const places = Int32Array.from(
    deltas.map(({ feature, bucket, points }) => {
      const place = indexes.get(feature)! * STRIDE + bucket;
      units[place] = toUnits(points);
      return place;
    }),
  ).toSorted();
  const bytes = new Uint8Array(deltas.length * 2 * MOST_GROUPS);
  let length = 0;
  const number = (value: number) => {
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) bytes[length++] = (left % 128) + 128;
    bytes[length++] = left;
  };
  let before = 0;
  for (const place of places) {
    const own = units[place];
    number(place - before);
    number(own < 0 ? -2 * own - 1 : 2 * own);
    before = place;
  }
  return bytes.slice(0, length);
}

/** @returns them by place. @throws FormatError where the bytes end within a delta. */
export function deltasFromBytes(schema: Schema, bytes: Uint8Array): WeightDelta[] {
  const reader = new ByteReader(bytes);
  const number = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const group = reader.u8();
      value += (group % 128) * scale;
      if (group < 128) return value;
    }
  };
  const deltas: WeightDelta[] = [];
  for (let place = 0; reader.left > 0;) {
    place += number();
    const coded = number();
    const units = coded % 2 === 1 ? -(coded + 1) / 2 : coded / 2;
    const feature = schema.features[Math.floor(place / STRIDE)].name;
    deltas.push({ feature, bucket: place % STRIDE, points: toPoints(units) });
  }
  return deltas;
}
