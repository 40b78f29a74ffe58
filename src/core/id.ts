import { sha256 } from '@noble/hashes/sha2.js';
import { OptionError, ValueError } from './errors.js';

/**
 * Ids of jobs: UUIDs (RFC 9562) whose last three hex digits are the job's partition.
 *
 * ```
 *  made by time, version 7      tttttttt-tttt-7ccc-vccc-rrrrrrrrrppp
 *  made by key, version 8       hhhhhhhh-hhhh-8hhh-vhhh-hhhhhhhhhppp
 *
 *  t  milliseconds since 1970, 48 bits
 *  c  a counter, 26 bits (two of them in v): random in the first id of a millisecond, then one more each time
 *  r  random, 36 bits
 *  h  SHA-256 of the key, 110 bits (two of them in v)
 *  v  8 to b: the two bits of the variant, and two more
 *  p  partition, 12 bits
 * ```
 *
 * With the partition at the end, ids of all partitions sort by time, and who debugs can read it off.
 */
export const PARTITIONS = 4096;

/** Answers a random whole number from 0 to 2³² - 1. */
export type Random32 = () => number;

/**
 * An id made by time, independent of all others: those of one millisecond come in no order. `idGenerator` gives them one.
 *
 * @param nowMs milliseconds since 1970; a fraction is dropped
 * @param partition 0 to 4095
 * @throws OptionError if the time doesn't fit into 48 bits, or there is no such partition
 */
export function uuidv7(nowMs: number, random: Random32, partition: number): string {
  const digits = blank();
  writeTime(digits, wholeMs(nowMs));
  return finish(digits, random() >>> 6, random, partition);
}

/**
 * A maker of ids that increase from call to call, also within a millisecond and across partitions (RFC 9562, 6.2,
 * method 1). While the clock is up to 10 s behind the latest id, ids keep that id's time; after a larger step back
 * they follow the clock.
 *
 * @returns a function with the parameters and errors of `uuidv7`
 */
export function idGenerator(random: Random32): (nowMs: number, partition: number) => string {
  let lastMs = -1;
  let counter = 0;
  const digits = blank();
  const startAt = (ms: number): void => {
    lastMs = ms;
    counter = random() >>> 6;
    writeTime(digits, ms);
  };
  return (nowMs, partition) => {
    const ms = wholeMs(nowMs);
    if (ms > lastMs || ms < lastMs - 10_000) startAt(ms);
    else if (counter < COUNTER_MAX) counter += 1;
    else startAt(lastMs + 1); // Used up: rare, and a millisecond ahead harms nobody.
    return finish(digits, counter, random, partition);
  };
}

/** The id of the job that holds an idempotency key of a queue: the same for every producer, at any time. */
export function keyedId(queue: string, key: string, partition: number): string {
  return hashedId(['key', queue, key], partition);
}

/**
 * An id made by what identifies the job, such as a schedule, its version and a slot.
 *
 * @param parts the first should say what the others are, so that ids of different makers can't meet
 * @throws OptionError if there is no such partition
 */
export function hashedId(parts: readonly (string | number)[], partition: number): string {
  checkPartition(partition);
  const hash = sha256(new TextEncoder().encode(JSON.stringify(parts)));
  const view = new DataView(hash.buffer, hash.byteOffset);
  const bits = (i: number): number => view.getUint16(i * 2);
  return (
    `${quad(bits(0))}${quad(bits(1))}-${quad(bits(2))}-${quad(0x8000 | (bits(3) & 0x0fff))}` +
    `-${quad(0x8000 | (bits(4) & 0x3fff))}-${quad(bits(5))}${quad(bits(6))}${quad((bits(7) & 0xf000) | partition)}`
  );
}

/** Could this be a job's id? Lower case only: ids are compared as text. */
export function isJobId(text: string): boolean {
  return /^[\da-f]{8}-[\da-f]{4}-[78][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(text);
}

/**
 * The partition that an id carries, 0 to 4095.
 *
 * @throws ValueError if the text doesn't end as an id does; `isJobId` checks all of it
 */
export function partitionOf(id: string): number {
  const partition = id.length === 36 ? Number(`0x${id.slice(33)}`) : Number.NaN;
  if (Number.isNaN(partition)) throw new ValueError(`${JSON.stringify(id.slice(0, 60))} is not the id of a job.`);
  return partition;
}

/** The same text, of an id or one that ends with one, naming another partition. @throws OptionError if there is no such partition */
export function withPartition(text: string, partition: number): string {
  checkPartition(partition);
  return text.slice(0, -3) + partition.toString(16).padStart(3, '0');
}

/** A claim's token: 128 random bits as 22 characters of `A-Z a-z 0-9 - _`. */
export function token(random: Random32): string {
  const words = [random(), random(), random(), random()] as const;
  let text = '';
  let rest = 0;
  for (const word of words) {
    text += sextet(word >>> 26) + sextet(word >>> 20) + sextet(word >>> 14) + sextet(word >>> 8) + sextet(word >>> 2);
    rest = (rest << 2) | (word & 3);
  }
  return text + sextet(rest >>> 2) + sextet(rest << 4);
}

/** A well-mixed whole number from 0 to 2³² - 1 that depends on the text alone. For jitter and spreading, not for safety. */
export function hash32(text: string): number {
  // FNV-1a over UTF-16 units, then MurmurHash3's finish: FNV alone leaves the high bits of short texts alike.
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const COUNTER_MAX = 2 ** 26 - 1;

function wholeMs(nowMs: number): number {
  if (nowMs >= 0 && nowMs < 2 ** 48) return Math.floor(nowMs);
  throw new OptionError(`nowMs is ${nowMs}; it must be milliseconds since 1970, less than 2^48.`);
}

function checkPartition(partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < PARTITIONS) return;
  throw new OptionError(`partition is ${partition}; it must be a whole number from 0 to ${PARTITIONS - 1}.`);
}

// An id is written into the codes of its characters and made text at once: text that is put together from parts would
// stay in parts, and takes twice the memory.

const DASH = 45;
const hexCodes: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

function blank(): number[] {
  return Array.from({ length: 36 }, (_, at) => (at === 8 || at === 13 || at === 18 || at === 23 ? DASH : 0));
}

/** `bits` as four hex digits. */
function writeQuad(digits: number[], at: number, bits: number): void {
  digits[at] = hexCodes[bits >>> 12] as number;
  digits[at + 1] = hexCodes[(bits >>> 8) & 0xf] as number;
  digits[at + 2] = hexCodes[(bits >>> 4) & 0xf] as number;
  digits[at + 3] = hexCodes[bits & 0xf] as number;
}

/** `tttttttt-tttt` */
function writeTime(digits: number[], ms: number): void {
  const high = Math.floor(ms / 0x10000);
  writeQuad(digits, 0, high >>> 16);
  writeQuad(digits, 4, high & 0xffff);
  writeQuad(digits, 9, ms % 0x10000);
}

/** What follows the time: `7ccc-vccc-rrrrrrrrrppp`. */
function finish(digits: number[], counter: number, random: Random32, partition: number): string {
  checkPartition(partition);
  const word = random();
  writeQuad(digits, 14, 0x7000 | (counter >>> 14));
  writeQuad(digits, 19, 0x8000 | (counter & 0x3fff));
  writeQuad(digits, 24, word >>> 16);
  writeQuad(digits, 28, word & 0xffff);
  writeQuad(digits, 32, ((random() & 0xf) << 12) | partition);
  return String.fromCharCode.apply(null, digits);
}

const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Sixteen bits as four hex digits. */
function quad(bits: number): string {
  return (hexPairs[bits >>> 8] as string) + (hexPairs[bits & 0xff] as string);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The low six bits as a character. */
function sextet(bits: number): string {
  return alphabet.charAt(bits & 0x3f);
}
