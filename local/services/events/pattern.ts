import { BlockList } from 'node:net';

/** An event pattern, as EventBridge's user guide describes them ("Event patterns", "Comparison operators"). */
export type Pattern = Readonly<Record<string, unknown>>;

type Test = (value: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isScalar = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value);
const sameIgnoringCase = (a: string, b: unknown) => isText(b) && a.toLowerCase() === b.toLowerCase();

const fault = (message: string): never => {
  throw new Error(`Event pattern is not valid. Reason: ${message}`);
};

/** `*` stands for any characters; a backslash takes a `*` or a backslash as it is. Two in a row are refused. */
const wildcard = (text: string): Test => {
  if (/(^|[^\\])(\\\\)*\*\*/.test(text)) fault('Consecutive wildcard characters');
  const source = text.replace(/\\([*\\])|\*|[.+?^${}()|[\]\\]/g, (found, escaped?: string) => {
    if (escaped) return `\\${escaped}`;
    return found === '*' ? '.*' : `\\${found}`;
  });
  const expression = new RegExp(`^${source}$`, 's');
  return (value) => isText(value) && expression.test(value);
};

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '=': (value, limit) => value === limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

const numeric = (terms: unknown): Test => {
  if (!Array.isArray(terms) || terms.length === 0 || terms.length % 2 !== 0 || terms.length > 4) {
    return fault('numeric takes one or two pairs of an operator and a number');
  }
  const tests = Array.from({ length: terms.length / 2 }, (_, index) => {
    const [operator, limit] = [terms[2 * index], terms[2 * index + 1]];
    const compare = COMPARISONS[String(operator)];
    if (!compare || typeof limit !== 'number') return fault(`Unrecognized numeric range ${operator} ${limit}`);
    return (value: number) => compare(value, limit);
  });
  // Two pairs are a range: from below, to above.
  const [from, low, to, high] = terms;
  const isRange = String(from).startsWith('>') && String(to).startsWith('<') && low < high;
  if (tests.length === 2 && !isRange) return fault(`${from} ${low} ${to} ${high} is not a range`);
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
};

const cidr = (range: string): Test => {
  const [address = '', bits] = range.split('/');
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  try {
    list.addSubnet(address, Number(bits), family);
  } catch {
    fault(`${range} is not a CIDR range`);
  }
  return (value) => isText(value) && list.check(value, value.includes(':') ? 'ipv6' : 'ipv4');
};

const text = (value: unknown): string => (isText(value) ? value : fault(`${JSON.stringify(value)} must be a text`));

const texts = (value: unknown): string[] => {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every(isText)) return list;
  return fault(`${JSON.stringify(value)} must be a text or a list of texts`);
};

/** What can be excluded: values, or texts by their form. A missing or non-text value passes a test about its form. */
const anythingBut = (excluded: unknown): Test => {
  if (isObject(excluded)) {
    const [[form = '', wanted] = [], ...others] = Object.entries(excluded);
    const make = FORMS[form];
    if (!make || others.length > 0) return fault(`Unsupported anything-but pattern: ${form}`);
    const tests = texts(wanted).map((text) => make(text));
    return (value) => isScalar(value) && !tests.some((test) => test(value));
  }
  const list = Array.isArray(excluded) ? excluded : [excluded];
  if (list.length === 0 || !(list.every(isText) || list.every((item) => typeof item === 'number'))) {
    return fault('anything-but takes texts, or numbers, but not both');
  }
  return (value) => isScalar(value) && !(list as readonly unknown[]).includes(value);
};

const FORMS: Readonly<Record<string, (text: string) => Test>> = {
  prefix: (text) => (value) => isText(value) && value.startsWith(text),
  suffix: (text) => (value) => isText(value) && value.endsWith(text),
  'equals-ignore-case': (text) => (value) => sameIgnoringCase(text, value),
  wildcard,
};

/** `prefix` and `suffix` may be told to ignore case. */
const edge =
  (form: 'prefix' | 'suffix') =>
  (wanted: unknown): Test => {
    if (!isObject(wanted)) return FORMS[form]?.(text(wanted)) ?? fault(form);
    const lower = text(wanted['equals-ignore-case']).toLowerCase();
    return (value) =>
      isText(value) &&
      (form === 'prefix' ? value.toLowerCase().startsWith(lower) : value.toLowerCase().endsWith(lower));
  };

const OPERATORS: Readonly<Record<string, (wanted: unknown) => Test>> = {
  prefix: edge('prefix'),
  suffix: edge('suffix'),
  'equals-ignore-case': (wanted) => FORMS['equals-ignore-case']?.(text(wanted)) ?? fault('text'),
  wildcard: (wanted) => wildcard(text(wanted)),
  'anything-but': anythingBut,
  numeric,
  cidr: (wanted) => cidr(text(wanted)),
};

/** How one entry of a field's list judges the field: by its value, or by whether it is there. */
type Entry = { readonly kind: 'value'; readonly test: Test } | { readonly kind: 'exists'; readonly wanted: boolean };

const readEntry = (entry: unknown): Entry => {
  if (isScalar(entry)) return { kind: 'value', test: (value) => value === entry };
  if (!isObject(entry)) return fault('Match value must be a text, number, boolean, null or a comparison');
  const [[operator = '', wanted] = [], ...others] = Object.entries(entry);
  if (others.length > 0) return fault(`Only one comparison in an object, not ${Object.keys(entry).join(' and ')}`);
  if (operator === 'exists') {
    if (typeof wanted !== 'boolean') return fault('exists takes true or false');
    return { kind: 'exists', wanted };
  }
  const make = OPERATORS[operator];
  return make ? { kind: 'value', test: make(wanted) } : fault(`Unrecognized match type ${operator}`);
};

/**
 * Judges what is on one way into an event. Where the way leads through a list, `here` is one element of it, so that no
 * two fields of a pattern are found in different elements (README of EventBridge's matcher, event-ruler, "JSON Array
 * Matching"); `everywhere` is all of them.
 */
type Matcher = (here: readonly unknown[], everywhere: readonly unknown[]) => boolean;

/** A field can hold several values where a list is on the way to it: one that fits is enough. */
const fieldMatcher = (entries: readonly unknown[]): Matcher => {
  if (entries.length === 0) return fault('Empty arrays are not allowed');
  const read = entries.map(readEntry);
  // Only a value can be there: an object on the way to one is not (EventBridge guide, "Exists matching").
  return (here, everywhere) => {
    const found = here.filter(isScalar);
    const isAnywhere = everywhere.some(isScalar);
    return read.some((entry) => {
      if (entry.kind === 'value') return found.some((value) => entry.test(value));
      return entry.wanted ? found.length > 0 : !isAnywhere;
    });
  };
};

/** The values of a field; a list counts as its elements. */
const valuesAt = (events: readonly unknown[], name: string): unknown[] =>
  events.flatMap((event) => (isObject(event) && name in event ? [event[name]] : [])).flat(Number.POSITIVE_INFINITY);

const compile = (pattern: unknown): Matcher => {
  if (!isObject(pattern)) return fault('A pattern is an object');
  if (Object.keys(pattern).length === 0) return fault('Empty patterns are not allowed');
  const matchers = Object.entries(pattern).map(([name, wanted]): Matcher => {
    if (name === '$or' && Array.isArray(wanted) && wanted.length > 1) {
      const branches = wanted.map(compile);
      return (here, everywhere) => branches.some((branch) => branch(here, everywhere));
    }
    if (Array.isArray(wanted)) {
      const matches = fieldMatcher(wanted);
      return (here, everywhere) => matches(valuesAt(here, name), valuesAt(everywhere, name));
    }
    if (!isObject(wanted)) return fault(`"${name}" must be an object or an array`);
    const inner = compile(wanted);
    return (here, everywhere) => {
      const [found, all] = [valuesAt(here, name), valuesAt(everywhere, name)];
      return found.length === 0 ? inner([], all) : found.some((one) => inner([one], all));
    };
  });
  return (here, everywhere) => matchers.every((matches) => matches(here, everywhere));
};

/** Checks a pattern. @throws Error with EventBridge's kind of sentence */
export const checkPattern = (pattern: unknown): void => void compile(pattern);

/** Whether an event fits a pattern. @throws when the pattern itself is not valid */
export const matchesPattern = (pattern: Pattern, event: unknown): boolean => compile(pattern)([event], [event]);
