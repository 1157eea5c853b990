import { describe, expect, it } from 'vitest';
import { parsePointer, parseSnapshotPointer } from '../../../shared/domain/pointer.ts';

describe('parsePointer', () => {
  it.each<[sentence: string, text: string, pointer: unknown]>([
    ['a bare version holds the publisher', 'v000041', { champion: 'v000041', hold: true }],
    [
      'a bare version may end in a line break, as echo writes it',
      'v000041\n',
      { champion: 'v000041', hold: true },
    ],
    [
      'JSON says who and when',
      '{"champion":"v000041","by":"trimtab","at":5}',
      { champion: 'v000041', by: 'trimtab', at: 5 },
    ],
    [
      'JSON may name arms',
      '{"champion":"v000041","arms":{"b":"v000042"}}',
      { champion: 'v000041', arms: { b: 'v000042' } },
    ],
    ['JSON may hold', '{"champion":"v000041","hold":true}', { champion: 'v000041', hold: true }],
    ['hold is only ever true', '{"champion":"v000041","hold":"yes"}', { champion: 'v000041' }],
    [
      'JSON of a backend has a revision',
      '{"champion":"v000041","revision":4294967295}',
      { champion: 'v000041', revision: 4_294_967_295 },
    ],
    ...[0, -1, 1.5, 4_294_967_296, '"7"', null].map((revision): [string, string, unknown] => [
      `a revision of ${revision} is none, as nobody published it`,
      `{"champion":"v000041","revision":${revision}}`,
      { champion: 'v000041' },
    ]),
    [
      'JSON may say where the order of the site is kept',
      '{"champion":"v000041","apprentice":{"*":{"share":0,"change":1},"home":{"share":0.5,"change":2}},"hold":true}',
      {
        champion: 'v000041',
        apprentice: { '*': { share: 0, change: 1 }, home: { share: 0.5, change: 2 } },
        hold: true,
      },
    ],
    ...[
      '[]',
      '{"*":1}',
      '{"*":{"share":1.1,"change":1}}',
      '{"*":{"share":0}}',
      '{"*":{"share":0,"change":0}}',
      '{"Home":{"share":0,"change":1}}',
      '{"__proto__":{"share":0,"change":1}}',
    ].map((apprentice): [string, string, unknown] => [
      `an apprentice of ${apprentice} is none`,
      `{"champion":"v000041","apprentice":${apprentice}}`,
      undefined,
    ]),
    ['unknown fields are dropped', '{"champion":"v000041","extra":1}', { champion: 'v000041' }],
    ['an empty value is none', '', undefined],
    ['a version in quotes is none', '"v000041"', undefined],
    ['a version that is too short is none', 'v41', undefined],
    ['JSON cut short is none', '{"champion":"v0000', undefined],
    ['JSON without a champion is none', '{"arms":{}}', undefined],
    [
      'an arm that is no version is none',
      '{"champion":"v000041","arms":{"b":"latest"}}',
      undefined,
    ],
    ['arms that are no object are none', '{"champion":"v000041","arms":null}', undefined],
    ['null is none', 'null', undefined],
  ])('%s', (_, text, pointer) => expect(parsePointer(text)).toEqual(pointer));
});

describe('parseSnapshotPointer', () => {
  const live = { hash: 'ab'.repeat(16), parts: 2, sizeBytes: 5_000_000, at: 7 };

  it('reads what the publisher writes', () => {
    expect(parseSnapshotPointer(JSON.stringify(live))).toEqual(live);
  });

  it.each<[unknown]>([
    [{ ...live, hash: 'xyz' }],
    [{ ...live, hash: '../../w/v000000' }],
    [{ ...live, parts: -1 }],
    [{ ...live, parts: 1.5 }],
    [{ ...live, sizeBytes: '5' }],
    [{ ...live, at: undefined }],
    [null],
    ['text'],
  ])('%j is none', (value) => {
    expect(parseSnapshotPointer(JSON.stringify(value))).toBeUndefined();
  });

  it('is none when it is not JSON', () => expect(parseSnapshotPointer('{')).toBeUndefined());
});
