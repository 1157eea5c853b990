import { invalid } from '../../shared/domain/errors.ts';
import type { Bounds } from './bounds.ts';

/** `2026-11`, UTC. */
export type Month = string;

export const monthOf = (atMs: number): Month => new Date(atMs).toISOString().slice(0, 7);

export function boundsOfMonth(month: Month): Bounds {
  const [year, number] = month.split('-').map(Number);
  return { from: Date.UTC(year, number - 1), to: Date.UTC(year, number) };
}

export const monthBefore = (atMs: number): Month => monthOf(boundsOfMonth(monthOf(atMs)).from - 1);

/** @throws ApiError 400 unless it is a month that has begun. */
export function parseMonth(text: string, nowMs: number): Month {
  if (!/^[12]\d{3}-(0[1-9]|1[0-2])$/.test(text))
    throw invalid(`a month must look like 2026-11, but was "${text.slice(0, 40)}"`);
  if (boundsOfMonth(text).from > nowMs)
    throw invalid(`${text} has not begun: ask for ${monthOf(nowMs)} or one before`);
  return text;
}
