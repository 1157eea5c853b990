/**
 * Dot products of one vector with vectors that follow each other. Of whole numbers from −127 to 127 the sums are exact.
 * @param query `width` numbers of 16 bits. @param rows `count` times `width` numbers of 8 bits. @param width a multiple of 16.
 * @param out `count` sums of 32 bits.
 */
export function dots(query: usize, rows: usize, count: i32, width: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    let sum = i32x4.splat(0);
    for (let at = 0; at < width; at += 16) {
      const row = v128.load(rows + at);
      const to = query + (<usize>at << 1);
      const low = i32x4.dot_i16x8_s(v128.load(to), i16x8.extend_low_i8x16_s(row));
      const high = i32x4.dot_i16x8_s(v128.load(to, 16), i16x8.extend_high_i8x16_s(row));
      sum = i32x4.add(sum, i32x4.add(low, high));
    }
    store<i32>(
      out + (<usize>i << 2),
      i32x4.extract_lane(sum, 0) +
        i32x4.extract_lane(sum, 1) +
        i32x4.extract_lane(sum, 2) +
        i32x4.extract_lane(sum, 3),
    );
    rows += width;
  }
}

/** Adds to the sums of the rows of a list. @param list `count` rows of 32 bits. */
export function add(sums: usize, list: usize, count: i32, weight: i32): void {
  for (let i = 0; i < count; i++) {
    const at = sums + ((<usize>load<u32>(list + (<usize>i << 2))) << 2);
    store<i32>(at, load<i32>(at) + weight);
  }
}

/**
 * Writes the places from `from` to `to` (exclusive) that may be so much alike: `weight · cosine + bucketWeight · overlap ≥ least`, in single precision, so that the
 * caller asks for a little less and computes what is found exactly. Reads up to 12 bytes behind the last place of each array.
 * @param dots dot products, from place `from` on; 0: no vectors are compared. @param inverse 1 / length by place; 0 where there is no vector.
 * @param sums what is in common by place. @param totals what the buckets of a place weigh. @param total of the one that is compared.
 * @param least above 0. @returns how many places there are.
 */
export function alike(
  from: i32,
  to: i32,
  dots: usize,
  inverse: usize,
  weight: f32,
  sums: usize,
  totals: usize,
  total: f32,
  bucketWeight: f32,
  least: f32,
  out: usize,
): i32 {
  const bound = f32x4.splat(least);
  const scale = f32x4.splat(weight);
  const bucketScale = f32x4.splat(bucketWeight);
  const own = f32x4.splat(total);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  let count = 0;
  for (let place = from; place < to; place += 4) {
    const at = <usize>place << 2;
    let score = zero;
    if (bucketWeight > 0) {
      const common = f32x4.convert_i32x4_s(v128.load(sums + at));
      const either = f32x4.sub(f32x4.add(own, v128.load(totals + at)), common);
      score = f32x4.mul(bucketScale, f32x4.div(common, f32x4.max(either, one)));
    }
    if (dots != 0) {
      const dot = f32x4.convert_i32x4_s(v128.load(dots + ((<usize>(place - from)) << 2)));
      const cosine = f32x4.max(zero, f32x4.mul(dot, v128.load(inverse + at)));
      score = f32x4.add(score, f32x4.mul(scale, cosine));
    }
    let found = i32x4.bitmask(f32x4.ge(score, bound));
    if (to - place < 4) found &= (1 << (to - place)) - 1;
    while (found != 0) {
      store<i32>(out + (<usize>count << 2), place + ctz(found));
      count++;
      found &= found - 1;
    }
  }
  return count;
}
