import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';

/** Longest array that `$range` makes (Step Functions guide, JSONata functions). */
const LONGEST_RANGE = 1000;

const DIGESTS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const partition = (array: unknown, size: unknown): unknown[][] => {
  if (!Array.isArray(array)) throw new Error('$partition takes an array and a chunk size; its first argument is none');
  const chunk = Math.floor(Number(size));
  if (!(chunk >= 1)) throw new Error(`$partition takes a chunk size of at least 1, not ${String(size)}`);
  return Array.from({ length: Math.ceil(array.length / chunk) }, (_, index) =>
    array.slice(index * chunk, (index + 1) * chunk),
  );
};

const range = (first: unknown, last: unknown, step: unknown): number[] => {
  const [from, to, by] = [first, last, step].map((value) => {
    if (!Number.isInteger(value)) throw new Error(`$range takes three integers; ${String(value)} is none`);
    return value as number;
  }) as [number, number, number];
  if (by === 0) throw new Error('$range takes a step other than 0');
  const length = Math.max(0, Math.floor((to - from) / by) + 1);
  if (length > LONGEST_RANGE) throw new Error(`$range makes up to ${LONGEST_RANGE} numbers, not ${length}`);
  return Array.from({ length }, (_, index) => from + index * by);
};

const hash = (text: unknown, algorithm: unknown): string => {
  const digest = DIGESTS[String(algorithm)];
  if (typeof text !== 'string') throw new Error('$hash takes a string and the name of an algorithm');
  if (!digest) throw new Error(`$hash knows ${Object.keys(DIGESTS).join(', ')}, not ${String(algorithm)}`);
  return createHash(digest).update(text).digest('hex');
};

/** A number from 0 up to 1; the same seed gives the same number. */
const random = (seed: unknown): number => {
  if (seed === undefined) return Math.random();
  if (!Number.isFinite(seed)) throw new Error('$random takes a number as its seed, or nothing');
  return createHash('sha256').update(String(seed)).digest().readUInt32BE() / 2 ** 32;
};

const parse = (text: unknown): unknown => {
  if (typeof text !== 'string') throw new Error('$parse takes a string that holds JSON');
  return JSON.parse(text);
};

const refuseEval = () => {
  throw new Error('$eval does not exist in Step Functions; $parse reads JSON from a string');
};

/**
 * What Step Functions adds to JSONata, takes away from it (`$eval`), or runs by its own clock.
 *
 * @param nowMillis one moment for the whole expression, as JSONata itself has it
 */
export const stepFunctionsFunctions = (nowMillis: number): Record<string, unknown> => ({
  partition,
  range,
  hash,
  random,
  parse,
  uuid: () => randomUUID(),
  eval: refuseEval,
  millis: () => nowMillis,
  now: (picture?: string, timezone?: string) =>
    jsonata('$fromMillis($millis, $picture, $timezone)').evaluate(undefined, { millis: nowMillis, picture, timezone }),
});

/** Functions of JSONata 2.0.6 itself. */
const OWN =
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis fromMillis clone';

/** Every function that an expression may call without having defined it. */
export const KNOWN_FUNCTIONS: ReadonlySet<string> = new Set([
  ...OWN.split(' '),
  ...Object.keys(stepFunctionsFunctions(0)).filter((name) => name !== 'eval'),
]);
