import { newest } from '../memory/newest.ts';
import {
  NO_SESSION,
  parseItemId,
  parseRankingId,
  parseSessionId,
  parseUserId,
  parseVersion,
  type ItemId,
} from '../domain/ids.ts';
import { CONSENTS } from '../domain/consent.ts';
import {
  ITEM_SOURCES,
  type Decision,
  type ItemSource,
  type RankedPage,
  type RankingContext,
  type Shadow,
} from '../domain/decision.ts';
import { checkExploration } from '../domain/exploration.ts';
import { parsePlacement } from '../domain/placement.ts';
import { RAISE_STEP } from '../score/raise.ts';
import { bytesToHex, hexToBytes } from '../hash/hex.ts';
import { ByteWriter, FormatError, type ByteReader } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';
import { readSlateCodes, writeSlateCodes } from './slate-codes.ts';

/**
 * A batch of decisions as bytes: frame `TTDB`, their count (u32), then the fields of each decision in the order
 * below. In format 2 each decision ends with its shadow slate and its interleaving teams, in format 3 also with its
 * placement and consent and with who vouches for its items, in format 4 also with the revision of its pointer (u32),
 * in format 5 also with how it explored what was little known: optimism and most loss (f64; NaN where there is none), the first
 * slot that is drawn (u16), and the raise of each slot in steps (u16); from there on codes are as in `slate-codes.ts`, and
 * before that a block of `slots × F`. In format 6 each decision ends also with the hash of its learned columns (text) and with whether
 * the site's own order was kept (u8, 1). In format 7 what parts a decision has is written in two bytes, and a ranking whose request had
 * filters or exclusions ends with how many items these left (u32). In format 8 a ranking under rules says whether they restricted the draw (u8), which slots
 * were pinned (u8 1 and a block) and what boosts added (u8 1 and an i32 for each slot), and one that is a further page what its offset (u32) and its first ranking (text) are. Format 9 is the same; the request of some ranking asks for related items, and names those that were found. A batch is written in the oldest format that holds what it has, because older backends refuse newer ones: the edge logs a
 * revision only once a backend that reads it has published one, explores in that way only where a
 * version says so, has learned columns only once a backend has published some, and keeps an order only where a pointer says so. Filters come with requests: what
 * older backends refuse of them waits at the edge until they are upgraded, because they would rank such a request again as if it had none.
 */
const MAGIC = 'TTDB';
const NEWEST_FORMAT = 9;
const MIN_DECISION_BYTES = 64;
/** About what one of 20 items has. */
const TYPICAL_DECISION_BYTES = 1536;
/** Characters. */
const MOST_KEPT_REQUEST = 8192;

export function decisionsToBytes(decisions: readonly Decision[]): Uint8Array<ArrayBuffer> {
  const payload = new ByteWriter(TYPICAL_DECISION_BYTES * decisions.length).u32(decisions.length);
  // What is written may take megabytes; an empty writer is of the same kind.
  newest.bytes = new ByteWriter(0);
  newest.logged = decisions.slice(-8).filter(({ request }) => request.length <= MOST_KEPT_REQUEST);
  const format = Math.max(1, ...decisions.map(formatFor));
  for (const decision of decisions) {
    writeDecision(payload, decision, format);
    if (format >= 2) writeExtras(payload, decision, format);
  }
  return sealFrame(MAGIC, format, undefined, payload.written());
}

function formatFor(decision: Decision): number {
  const { pointerRevision, context, itemSource, shadow, teams, learned, siteOrder } = decision;
  // Older backends would draw such a slate again from the whole catalogue, or as if there were no rules.
  if (decision.request.includes('"related":{"to":')) return 9;
  if (hasRules(decision) || decision.page !== undefined) return 8;
  if (decision.allowed !== undefined) return 7;
  if (learned !== undefined || siteOrder) return 6;
  if (hasRaises(decision)) return 5;
  if (pointerRevision !== undefined) return 4;
  if (context !== undefined || itemSource !== undefined) return 3;
  return (shadow ?? teams) ? 2 : 1;
}

/** @throws FormatError when the bytes are damaged, ApiError when an id is invalid. */
export function decisionsFromBytes(bytes: Uint8Array): Decision[] {
  const { format, payload } = openFrame(MAGIC, NEWEST_FORMAT, bytes);
  const decisions = Array.from({ length: payload.count(MIN_DECISION_BYTES) }, () => {
    const decision = readDecision(payload, format);
    return format < 2
      ? checked(decision)
      : checked({ ...decision, ...readExtras(payload, decision, format) });
  });
  payload.end();
  return decisions;
}

function writeDecision(out: ByteWriter, decision: Decision, format: number): void {
  out
    .text(decision.rankingId)
    .f64(decision.at)
    .text(decision.sessionId)
    .text(decision.userId ?? '')
    .text(decision.arm ?? '');
  out
    .text(decision.weights)
    .u32(decision.delta)
    .raw(hexToBytes(decision.schemaHash))
    .text(decision.snapshot);
  out.u8(decision.degraded ? 1 : 0).u32(decision.seed);
  const { temperature, epsilon, poolSize } = decision.exploration;
  out.f64(temperature).f64(epsilon).u16(poolSize).u16(decision.limit).text(decision.request);
  out.u32(decision.itemIds.length);
  decision.itemIds.forEach((id, slot) => {
    out.text(id).i32(decision.units[slot]).f64(decision.propensities[slot]);
  });
  if (format < 5) out.block(decision.codes);
  else writeSlateCodes(out, decision.codes, decision.itemIds.length);
}

function readDecision(from: ByteReader, format: number): Decision {
  const rankingId = parseRankingId(from.text());
  const at = from.f64();
  const session = from.text();
  const sessionId = session === '' ? NO_SESSION : parseSessionId(session);
  const [userId, arm] = [from.text(), from.text()];
  const weights = parseVersion(from.text());
  const delta = from.u32();
  const schemaHash = bytesToHex(from.raw(8));
  const snapshot = from.text();
  const degraded = from.u8() === 1;
  const seed = from.u32();
  const exploration = { temperature: from.f64(), epsilon: from.f64(), poolSize: from.u16() };
  const limit = from.u16();
  const request = from.text();
  const slots = from.count(16);
  const itemIds: ItemId[] = [];
  const units: number[] = [];
  const propensities: number[] = [];
  for (let slot = 0; slot < slots; slot++) {
    itemIds.push(parseItemId(from.text()));
    units.push(from.i32());
    propensities.push(from.f64());
  }
  const codes = format < 5 ? from.block().slice() : readSlateCodes(from, slots);
  if (slots > 0 && codes.length % slots !== 0) {
    throw new FormatError(
      `ranking ${rankingId}: ${codes.length} codes do not divide among ${slots} items`,
    );
  }
  return {
    rankingId,
    at,
    sessionId,
    ...(userId === '' ? {} : { userId: parseUserId(userId) }),
    ...(arm === '' ? {} : { arm }),
    weights,
    delta,
    schemaHash,
    snapshot,
    degraded,
    seed,
    exploration,
    limit,
    request,
    itemIds,
    units,
    propensities,
    codes,
  };
}

/** Only a visitor who did not consent has no session. */
function checked(decision: Decision): Decision {
  if (decision.sessionId === NO_SESSION && decision.context?.consent !== 'none')
    throw new FormatError(`ranking ${decision.rankingId}: it has no session`);
  return decision;
}

const HAS_SHADOW = 1;
const HAS_TEAMS = 2;
const HAS_CONTEXT = 4;
const HAS_ITEM_SOURCE = 8;
const HAS_REVISION = 16;
const HAS_RAISES = 32;
const HAS_LEARNED = 64;
const HAS_SITE_ORDER = 128;
const HAS_ALLOWED = 256;
const HAS_RULES = 512;
const HAS_PAGE = 1024;
/** The parts that each format may have, from format 2 on. */
const PARTS_OF: Readonly<Record<number, number>> = {
  2: HAS_REVISION - 1,
  3: HAS_REVISION - 1,
  4: HAS_RAISES - 1,
  5: HAS_LEARNED - 1,
  6: HAS_ALLOWED - 1,
  7: HAS_RULES - 1,
  8: 2 * HAS_PAGE - 1,
  9: 2 * HAS_PAGE - 1,
};

/** Whether its exploration says more than temperature, ε and pool. */
const hasRaises = ({ exploration: { optimism, maxLoss, fromSlot }, raises }: Decision) =>
  [optimism, maxLoss, fromSlot, raises].some((part) => part !== undefined);

/** Whether rules had a part in it; the request says which. */
const hasRules = ({ boosts, pinned, isRestricted, request }: Decision) =>
  boosts !== undefined ||
  pinned !== undefined ||
  isRestricted !== undefined ||
  request.includes('"slateRules":');

function writeExtras(out: ByteWriter, decision: Decision, format: number): void {
  const { shadow, teams, context, itemSource, pointerRevision, learned, siteOrder, allowed, page } =
    decision;
  // A batch in an older format has none of them.
  const isRuled = format >= 8 && hasRules(decision);
  const has =
    (shadow ? HAS_SHADOW : 0) |
    (teams ? HAS_TEAMS : 0) |
    (context ? HAS_CONTEXT : 0) |
    (itemSource ? HAS_ITEM_SOURCE : 0) |
    (pointerRevision === undefined ? 0 : HAS_REVISION) |
    (hasRaises(decision) ? HAS_RAISES : 0) |
    (learned === undefined ? 0 : HAS_LEARNED) |
    (siteOrder ? HAS_SITE_ORDER : 0) |
    (allowed === undefined ? 0 : HAS_ALLOWED) |
    (isRuled ? HAS_RULES : 0) |
    (page === undefined ? 0 : HAS_PAGE);
  if (format < 7) out.u8(has);
  else out.u16(has);
  if (shadow !== undefined) {
    out.text(shadow.version).u32(shadow.itemIds.length);
    for (const id of shadow.itemIds) out.text(id);
  }
  if (teams !== undefined) out.block(teams);
  if (context !== undefined) out.text(context.placement).u8(CONSENTS.indexOf(context.consent));
  if (itemSource !== undefined) out.u8(ITEM_SOURCES.indexOf(itemSource));
  if (pointerRevision !== undefined) out.u32(pointerRevision);
  if (hasRaises(decision)) writeRaises(out, decision);
  if (learned !== undefined) out.text(learned);
  if (siteOrder) out.u8(1);
  if (allowed !== undefined) out.u32(allowed);
  if (isRuled) writeRuled(out, decision);
  if (page !== undefined) out.u32(page.offset).text(page.of ?? '');
}

function writeRuled(out: ByteWriter, { isRestricted, pinned, boosts, itemIds }: Decision): void {
  out.u8(isRestricted ? 1 : 0).u8(pinned === undefined ? 0 : 1);
  if (pinned !== undefined) out.block(pinned);
  out.u8(boosts === undefined ? 0 : 1);
  if (boosts !== undefined) itemIds.forEach((_, slot) => out.i32(boosts[slot]));
}

function readRuled(from: ByteReader, { rankingId, itemIds }: Decision) {
  const isRestricted = from.u8() === 1;
  const pinned = from.u8() === 0 ? undefined : from.block().slice();
  if (pinned !== undefined && pinned.length !== itemIds.length)
    throw new FormatError(
      `ranking ${rankingId}: ${pinned.length} pins do not go with ${itemIds.length} items`,
    );
  const boosts = from.u8() === 0 ? undefined : itemIds.map(() => from.i32());
  return {
    ...(boosts && { boosts }),
    ...(pinned && { pinned }),
    ...(isRestricted && { isRestricted: true as const }),
  };
}

function readPage(from: ByteReader): RankedPage {
  const [offset, of] = [from.u32(), from.text()];
  return { offset, ...(of !== '' && { of: parseRankingId(of) }) };
}

function writeRaises(out: ByteWriter, { exploration, raises, itemIds }: Decision): void {
  const { optimism = Number.NaN, maxLoss = Number.NaN, fromSlot = 0 } = exploration;
  out
    .f64(optimism)
    .f64(maxLoss)
    .u16(fromSlot)
    .u8(raises === undefined ? 0 : 1);
  if (raises !== undefined) itemIds.forEach((_, slot) => out.u16(raises[slot] / RAISE_STEP));
}

/** The exploration in full, and the raises. */
function readRaises(from: ByteReader, { exploration, itemIds }: Decision) {
  const [optimism, maxLoss, fromSlot] = [from.f64(), from.f64(), from.u16()];
  const raises = from.u8() === 0 ? undefined : itemIds.map(() => from.u16() * RAISE_STEP);
  return {
    exploration: checkExploration({
      ...exploration,
      ...(!Number.isNaN(optimism) && { optimism }),
      ...(!Number.isNaN(maxLoss) && { maxLoss }),
      ...(fromSlot > 0 && { fromSlot }),
    }),
    ...(raises && { raises }),
  };
}

function readExtras(from: ByteReader, decision: Decision, format: number) {
  const { rankingId, itemIds } = decision;
  const has = format < 7 ? from.u8() : from.u16();
  if ((has & ~PARTS_OF[format]) !== 0)
    throw new FormatError(`ranking ${rankingId}: ${has} names parts that this build does not know`);
  const shadow = (has & HAS_SHADOW) === 0 ? undefined : readShadow(from);
  const teams = (has & HAS_TEAMS) === 0 ? undefined : from.block().slice();
  if (teams !== undefined && teams.length !== itemIds.length)
    throw new FormatError(
      `ranking ${rankingId}: ${teams.length} teams do not go with ${itemIds.length} items`,
    );
  const context = (has & HAS_CONTEXT) === 0 ? undefined : readContext(from, rankingId);
  const itemSource = (has & HAS_ITEM_SOURCE) === 0 ? undefined : readItemSource(from, rankingId);
  const pointerRevision = (has & HAS_REVISION) === 0 ? undefined : readRevision(from, rankingId);
  const raised = (has & HAS_RAISES) === 0 ? undefined : readRaises(from, decision);
  const learned = (has & HAS_LEARNED) === 0 ? undefined : readLearned(from, rankingId);
  if ((has & HAS_SITE_ORDER) !== 0 && from.u8() !== 1)
    throw new FormatError(`ranking ${rankingId}: it kept an order that this build does not know`);
  const allowed = (has & HAS_ALLOWED) === 0 ? undefined : from.u32();
  const ruled = (has & HAS_RULES) === 0 ? undefined : readRuled(from, decision);
  const page = (has & HAS_PAGE) === 0 ? undefined : readPage(from);
  return {
    ...(shadow && { shadow }),
    ...(teams && { teams }),
    ...(context && { context }),
    ...(itemSource && { itemSource }),
    ...(pointerRevision && { pointerRevision }),
    ...raised,
    ...(learned && { learned }),
    ...((has & HAS_SITE_ORDER) !== 0 && { siteOrder: true as const }),
    ...(allowed !== undefined && { allowed }),
    ...ruled,
    ...(page && { page }),
  };
}

function readContext(from: ByteReader, rankingId: string): RankingContext {
  const placement = parsePlacement(from.text());
  const code = from.u8();
  const consent = CONSENTS[code];
  if (consent === undefined)
    throw new FormatError(`ranking ${rankingId}: there is no consent of number ${code}`);
  return { placement, consent };
}

function readItemSource(from: ByteReader, rankingId: string): ItemSource {
  const code = from.u8();
  const source = ITEM_SOURCES[code];
  if (source === undefined)
    throw new FormatError(`ranking ${rankingId}: there is no source of items of number ${code}`);
  return source;
}

function readRevision(from: ByteReader, rankingId: string): number {
  const revision = from.u32();
  if (revision === 0) throw new FormatError(`ranking ${rankingId}: no pointer has revision 0`);
  return revision;
}

function readLearned(from: ByteReader, rankingId: string): string {
  const hash = from.text();
  if (!/^[0-9a-f]{16,64}$/.test(hash))
    throw new FormatError(`ranking ${rankingId}: its learned columns are named by no hash`);
  return hash;
}

function readShadow(from: ByteReader): Shadow {
  const version = parseVersion(from.text());
  return {
    version,
    itemIds: Array.from({ length: from.count(5) }, () => parseItemId(from.text())),
  };
}
