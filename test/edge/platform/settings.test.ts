import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { settingsOf } from '../../../edge/platform/settings.ts';

it('are read once, whoever asks', () => expect(settingsOf(env)).toBe(settingsOf(env)));

it('are read anew of other variables, and refused each time while they are wrong', () => {
  const other = { ...env, EVENT_SHARDS: '3' };
  expect([settingsOf(env).eventShards, settingsOf(other).eventShards]).toEqual([8, 3]);
  const wrong = { ...env, EVENT_SHARDS: 'many' };
  for (let i = 0; i < 2; i++) expect(() => settingsOf(wrong)).toThrow('EVENT_SHARDS must be');
});
