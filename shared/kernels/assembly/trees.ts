/**
 * The sum of many small trees for a block of up to 256 rows at once. A set of rows is 256 bits. What each test sends left is one set; from
 * the root down, the rows of a node's children are two bitwise operations on the rows of the node. No step depends on
 * where a row goes, so nothing is mispredicted. `tree-image.ts` writes what is read here.
 */

const BLOCK: usize = 256;
const SET: usize = BLOCK >> 3;
const GROUP: usize = 16;

/**
 * The rows that each test sends left.
 * @param columns `u8[F][256]`: the codes of the rows, feature by feature.
 * @param tests `u32[]`: feature + 2¹⁶ · shift + 2²⁴ · threshold.
 * @param sets where the set of each test is written.
 */
function testRows(columns: usize, groups: usize, tests: usize, count: usize, sets: usize): void {
  for (let test: usize = 0; test < count; test++) {
    const about = load<u32>(tests + (test << 2));
    const column = columns + (<usize>(about & 0xffff)) * BLOCK;
    const shift = i8x16.splat(<i8>(about >>> 16));
    const threshold = i8x16.splat(<i8>(about >>> 24));
    const set = sets + test * SET;
    for (let group: usize = 0; group < groups; group++) {
      const codes = i8x16.sub(v128.load(column + group * GROUP), shift);
      store<u16>(set + (group << 1), <u16>i8x16.bitmask(i8x16.le_u(codes, threshold)));
    }
  }
}

/**
 * @param groups how many sixteens of rows are scored.
 * @param program for each tree `u16[]`: the number of inner nodes and of bits of a leaf's number; of each inner node, parents
 * first, its test, its place and that of its left child (the right one's is the next); for each bit, the highest first, how many
 * places there are whose rows have it, and these; filled up to a multiple of 4 bytes. Then `i32[]`: the number of leaves, and their units.
 * @param places scratch memory for the sets of a tree's nodes.
 * @param bits scratch memory for 8 sets and 16 bytes.
 * @param sums `i32[256]`, of which those of the rows are written.
 */
export function sumTrees(
  columns: usize,
  groups: usize,
  tests: usize,
  testCount: usize,
  sets: usize,
  program: usize,
  trees: usize,
  places: usize,
  bits: usize,
  sums: usize,
): void {
  testRows(columns, groups, tests, testCount, sets);
  memory.fill(sums, 0, BLOCK << 2);
  const everyRow = i8x16.splat(-1);
  v128.store(places, everyRow);
  v128.store(places, everyRow, 16);
  const bitOfLane = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const numbers = bits + 8 * SET;
  let at = program;
  for (let tree: usize = 0; tree < trees; tree++) {
    const inner: usize = load<u16>(at);
    const bitCount: usize = load<u16>(at, 2);
    at += 4;
    for (const end = at + inner * 6; at < end; at += 6) {
      const left = sets + (<usize>load<u16>(at)) * SET;
      const from = places + (<usize>load<u16>(at, 2)) * SET;
      const to = places + (<usize>load<u16>(at, 4)) * SET;
      const first = v128.load(from);
      const second = v128.load(from, 16);
      const firstLeft = v128.and(first, v128.load(left));
      const secondLeft = v128.and(second, v128.load(left, 16));
      v128.store(to, firstLeft);
      v128.store(to, secondLeft, 16);
      v128.store(to, v128.xor(first, firstLeft), 32);
      v128.store(to, v128.xor(second, secondLeft), 48);
    }
    for (let bit: usize = 0; bit < bitCount; bit++) {
      const count: usize = load<u16>(at);
      at += 2;
      let first = i8x16.splat(0);
      let second = i8x16.splat(0);
      for (const end = at + (count << 1); at < end; at += 2) {
        const place = places + (<usize>load<u16>(at)) * SET;
        first = v128.or(first, v128.load(place));
        second = v128.or(second, v128.load(place, 16));
      }
      v128.store(bits + bit * SET, first);
      v128.store(bits + bit * SET, second, 16);
    }
    at = (at + 3) & ~3;
    const units = at + 4;
    at = units + ((<usize>load<u32>(at)) << 2);
    for (let group: usize = 0; group < groups; group++) {
      let number = i8x16.splat(0);
      const own = bits + (group << 1);
      // What is known of the number so far is doubled, and where the next bit is set, −1 is taken away.
      for (let bit: usize = 0; bit < bitCount; bit++) {
        const both = v128.load_splat<u16>(own + bit * SET);
        const lanes = i8x16.shuffle(both, both, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
        const has = i8x16.eq(v128.and(lanes, bitOfLane), bitOfLane);
        number = i8x16.sub(i8x16.add(number, number), has);
      }
      v128.store(numbers, number);
      const sum = sums + (group << 6);
      for (let row: usize = 0; row < GROUP; row += 4) {
        const four = sum + (row << 2);
        const leaf = numbers + row;
        store<i32>(four, load<i32>(four) + load<i32>(units + ((<usize>load<u8>(leaf)) << 2)));
        store<i32>(four, load<i32>(four, 4) + load<i32>(units + ((<usize>load<u8>(leaf, 1)) << 2)), 4);
        store<i32>(four, load<i32>(four, 8) + load<i32>(units + ((<usize>load<u8>(leaf, 2)) << 2)), 8);
        store<i32>(four, load<i32>(four, 12) + load<i32>(units + ((<usize>load<u8>(leaf, 3)) << 2)), 12);
      }
    }
  }
}
