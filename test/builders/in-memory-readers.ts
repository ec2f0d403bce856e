import type { SecretFetch } from '../../functions/platform/secret-fetch.ts';
import type { SecretReaders } from '../../functions/platform/secret-readers.ts';

export interface InMemoryReaders extends SecretReaders {
  /** What CloudTrail tells of, in any order, each by the word in which the call named the secret. */
  readonly told: { readonly called: string; readonly fetch: SecretFetch }[];
}

/** CloudTrail's twin, which tells of everything at once. */
export const inMemoryReaders = (): InMemoryReaders => {
  const told: InMemoryReaders['told'] = [];
  return {
    told,
    async fetches(called, from, before) {
      const within = ({ at }: SecretFetch) => Date.parse(from) <= Date.parse(at) && Date.parse(at) < Date.parse(before);
      const found = told.filter((one) => called.includes(one.called)).map(({ fetch }) => fetch);
      return {
        fetches: found.filter(within).sort((one, other) => Date.parse(other.at) - Date.parse(one.at)),
        complete: true,
      };
    },
  };
};
