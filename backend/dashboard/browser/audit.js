import { empty, h, table, when } from './dom.js';
import { ago, whole } from './format.js';

/** @typedef {import('../../http/answers.ts').AuditEntry} Entry */

/** @param {readonly Entry[]} entries newest first @param {number} nowMs */
export function auditSection(entries, nowMs) {
  if (entries.length === 0) return empty('Nothing has been changed yet.');
  return table(
    [
      { label: 'Time' },
      { label: 'Actor' },
      { label: 'Action' },
      { label: 'Subject' },
      { label: 'Details' },
    ],
    entries.map(({ at, actor, action, subject, details }) => [
      h('span', { class: 'nowrap' }, when(at, ago(at, nowMs))),
      h('span', { title: actor }, short(actor)),
      h('span', { class: 'nowrap' }, action),
      h('span', { class: 'mono', title: subject }, short(subject)),
      h('span', { class: 'details' }, detailsOf(details)),
    ]),
  );
}

/** Ids and hashes by their first eight digits, which identify them well enough. @param {string} text */
const short = (text) =>
  text
    .replace(/^run run_/, 'run ')
    .replaceAll(/\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '$1')
    .replaceAll(/\b([0-9a-f]{8})[0-9a-f]{8,56}\b/g, '$1');

/** The text of the new pointer says what the subject says; the card of a rollout shows the evidence. */
const ELSEWHERE = new Set(['before', 'text', 'evidence']);

/** The pointer before a change shows as its version. @param {Entry['details']} details */
function detailsOf(details) {
  const { before } = details;
  const was = typeof before === 'string' ? [`was ${/v\d{6,9}/.exec(before)?.[0] ?? before}`] : [];
  const others = Object.entries(details).filter(([name]) => !ELSEWHERE.has(name));
  return [...was, ...others.map(([name, value]) => `${name} ${valueOf(value)}`)].join(', ');
}

/** @param {unknown} value @returns {string} */
function valueOf(value) {
  if (typeof value === 'number') return whole(value);
  if (typeof value === 'string') return short(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${valueOf(inner)}`)
    .join(' ');
}
