import { ServiceError } from '../../service.ts';

export interface KeyElement {
  readonly AttributeName?: string | undefined;
  readonly KeyType?: string | undefined;
}

/** What the local account itself knows of a table; its items are the store's. */
export interface TableFacts {
  readonly name: string;
  readonly region: string;
  readonly arn: string;
  /** Names of the key's attributes, the partition key first. */
  readonly keyNames: readonly string[];
  /** The partition key of each index. */
  readonly indexKeys: ReadonlyMap<string, string>;
  readonly encrypted: boolean;
  deletionProtected: boolean;
  readonly tags: Map<string, string>;
  /** The attribute that holds each item's expiry, and since when. */
  expiry: { readonly attribute: string | undefined; readonly changedAt: number };
  recovery: { readonly since: number; readonly days: number } | undefined;
}

/** The tables of the account: the store does not know their ARNs, protection, expiry and tags. */
export interface TableBook {
  add(facts: TableFacts): void;
  remove(region: string, name: string): void;
  find(region: string, name: string): TableFacts | undefined;
  /** @throws ServiceError ResourceNotFoundException */
  get(region: string, name: string): TableFacts;
  all(): readonly TableFacts[];
}

export const createTableBook = (): TableBook => {
  const tables = new Map<string, TableFacts>();
  const find: TableBook['find'] = (region, name) => tables.get(`${region} ${name}`);
  return {
    find,
    add: (facts) => void tables.set(`${facts.region} ${facts.name}`, facts),
    remove: (region, name) => void tables.delete(`${region} ${name}`),
    get(region, name) {
      const facts = find(region, name);
      if (facts) return facts;
      const message = `Requested resource not found: Table: ${name} not found`;
      throw new ServiceError('ResourceNotFoundException', message);
    },
    all: () => [...tables.values()],
  };
};

/** Names of a key's attributes, the partition key first. */
export const keyNamesOf = (schema: readonly KeyElement[] = []): string[] =>
  ['HASH', 'RANGE'].flatMap((type) => schema.find(({ KeyType }) => KeyType === type)?.AttributeName ?? []);
