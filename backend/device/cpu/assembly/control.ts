/**
 * The job that all threads work on, in shared memory. The caller writes it; threads draw task numbers from it.
 * Words of 4 bytes: 0 generation, 1 threads still at work, 2 next task, 3 tasks, 4 kernel. From byte 32: up to
 * 28 arguments of 8 bytes, all f64 (an address is exact in one).
 */
const ARGUMENTS: usize = 32;

// @ts-ignore: decorator
@inline
export function address(control: usize, i: usize): usize {
  return <usize>load<f64>(control + ARGUMENTS + (i << 3));
}

// @ts-ignore: decorator
@inline
export function number(control: usize, i: usize): f64 {
  return load<f64>(control + ARGUMENTS + (i << 3));
}
