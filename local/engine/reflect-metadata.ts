/**
 * The part of the Reflect metadata API (ECMAScript proposal, withdrawn) that `@peculiar/x509` wants through its
 * injector: notes on classes. Import it before that library.
 */
const notes = new WeakMap<object, Map<unknown, unknown>>();

const getOwnMetadata = (key: unknown, target: object): unknown => notes.get(target)?.get(key);

const getMetadata = (key: unknown, target: object): unknown => {
  for (let each: object | null = target; each; each = Object.getPrototypeOf(each)) {
    if (notes.get(each)?.has(key)) return getOwnMetadata(key, each);
  }
  return undefined;
};

const defineMetadata = (key: unknown, value: unknown, target: object): void => {
  const own = notes.get(target) ?? new Map<unknown, unknown>();
  notes.set(target, own.set(key, value));
};

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata });
