import { expect, test } from 'vitest';
import { chatUrlOf, smtpOf } from '../../../backend/config/alert-addresses.ts';
import { channels } from '../monitor/support/channels.ts';

test.each([
  ['http://hooks.example/hidden', 'an https URL'],
  ['hidden', 'an https URL'],
  ['file:///hidden', 'an https URL'],
  ['https://a:hidden@hooks.example/', 'no user or password'],
  ['https://169.254.169.254/hidden', 'link-local'],
  ['https://[fe80::1]/hidden', 'link-local'],
])('the address of a chat %s is refused, and not shown', (url, why) => {
  expect(() => chatUrlOf('TRIMTAB_ALERT_SLACK', url)).toThrow(why);
  expect(() => chatUrlOf('TRIMTAB_ALERT_SLACK', url)).not.toThrow('hidden');
});

test('a chat is somewhere by https, or on this machine', () => {
  for (const url of ['https://hooks.slack.com/services/T/B/x', 'http://127.0.0.1:9/x'])
    expect(chatUrlOf('TRIMTAB_ALERT_SLACK', url)).toBe(url);
  expect(chatUrlOf('TRIMTAB_ALERT_SLACK', '')).toBeUndefined();
});

test.each([
  ['smtps://mail.example', { port: 465, isTls: true, needsTls: false }],
  [
    'smtps://a%40b.example:p%2Fw@mail.example:2465',
    { port: 2465, user: 'a@b.example', password: 'p/w' },
  ],
  ['smtp://u:p@mail.example', { port: 587, isTls: false, needsTls: true }],
  ['smtp://relay.example:25', { port: 25, isTls: false, needsTls: false }],
  ['smtp://u:p@127.0.0.1:25', { host: '127.0.0.1', needsTls: false }],
  ['smtp://[::1]:25', { host: '::1' }],
])('%s is a mail server', (url, expected) => {
  expect(smtpOf(url)).toMatchObject(expected);
});

test.each([
  'https://u:hidden@mail.example',
  'hidden',
  'smtp://u:hidden@mail.example/x',
  'smtp://u:hid%zzden@mail.example',
])('%s is none, and not shown', (url) => {
  expect(() => smtpOf(url)).toThrow('TRIMTAB_ALERT_SMTP');
  expect(() => smtpOf(url)).not.toThrow('hid');
});

test('e-mail that is half set is refused, from either side', () => {
  const smtp = smtpOf('smtps://mail.example');
  expect(() => channels({ smtp })).toThrow('notices.email does not say whom');
  expect(() => channels({}, { email: { to: ['a@b.example'] } })).toThrow('TRIMTAB_ALERT_SMTP');
  expect(channels({ smtp }, { email: { from: 'a@b.example', to: ['a@b.example'] } })).toHaveLength(
    1,
  );
});
