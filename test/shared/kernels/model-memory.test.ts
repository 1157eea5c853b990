import { expect, test } from 'vitest';
import { ModelMemory, type Part } from '../../../shared/kernels/model-memory.ts';

const bytesAt = ({ memory }: ModelMemory, at: number, { byteLength }: Part) =>
  new Uint8Array(memory.buffer, at, byteLength);
const bytesOf = ({ buffer, byteOffset, byteLength }: Part) =>
  new Uint8Array(buffer, byteOffset, byteLength);

test('parts lie behind the scratch space, aligned for the widest loads, and stay while memory grows', () => {
  const models = new ModelMemory(100, 2 ** 20);
  const parts = [
    Uint8Array.of(1, 2, 3),
    Float64Array.of(0.1, -0.2).subarray(1),
    Uint16Array.from({ length: 50_000 }, (_, i) => i),
  ];
  const { addresses } = models.place(parts);
  const later = models.place([new Uint8Array(900_000).fill(7)]);
  expect(addresses[0]).toBeGreaterThanOrEqual(100);
  parts.forEach((part, i) => {
    expect(addresses[i] % 16).toBe(0);
    expect(bytesAt(models, addresses[i], part)).toEqual(bytesOf(part));
  });
  expect(later.generation).toBe(models.generation);
});

test('what finds no room starts another generation at the beginning, whatever its size', () => {
  const models = new ModelMemory(16, 1000);
  const first = models.place([new Uint8Array(600)]);
  const second = models.place([new Uint8Array(600).fill(1)]);
  expect(second.addresses).toEqual(first.addresses);
  expect(second.generation).toBe(models.generation);
  expect(first.generation).not.toBe(models.generation);
  const large = new Uint8Array(200_000).fill(2);
  const { addresses, generation } = models.place([large]);
  expect(generation).toBe(models.generation);
  expect(bytesAt(models, addresses[0], large)).toEqual(large);
});
