import { ServiceError } from '../../service.ts';

export interface Listing {
  readonly prefix: string;
  /** Keys that agree up to this text behind the prefix are listed as one. */
  readonly delimiter: string;
  readonly most: number;
  /** Only keys behind this one. */
  readonly startAfter: string;
  /** Where an earlier page ended. */
  readonly token: string | undefined;
}

export interface Page {
  /** Keys and common prefixes, in the order of their UTF-8 bytes. */
  readonly items: readonly { readonly kind: 'key' | 'prefix'; readonly name: string }[];
  readonly nextToken: string | undefined;
}

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

const lastOf = (token: string): string => {
  const last = Buffer.from(token, 'base64url').toString();
  if (token !== '' && Buffer.from(last).toString('base64url') === token) return last;
  throw new ServiceError('InvalidArgument', 'The continuation token provided is incorrect');
};

/** One page of a bucket's keys. @throws ServiceError InvalidArgument for a token that was never given out */
export const listKeys = (keys: Iterable<string>, { prefix, delimiter, most, startAfter, token }: Listing): Page => {
  const last = token === undefined ? undefined : lastOf(token);
  const names = new Map<string, 'key' | 'prefix'>();
  for (const key of keys) {
    if (!key.startsWith(prefix) || (startAfter !== '' && compare(key, startAfter) <= 0)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) names.set(key, 'key');
    else names.set(key.slice(0, end + delimiter.length), 'prefix');
  }
  const all = [...names]
    .map(([name, kind]) => ({ kind, name }))
    .filter(({ name }) => last === undefined || compare(name, last) > 0)
    .sort((a, b) => compare(a.name, b.name));
  const items = all.slice(0, most);
  const end = items.at(-1);
  const nextToken = end && all.length > items.length ? Buffer.from(end.name).toString('base64url') : undefined;
  return { items, nextToken };
};
