/** Things by id. ElastiCache stores ids in lower case and looks them up without regard to case. */
export interface Registry<T> {
  get(id: string | undefined): T | undefined;
  has(id: string): boolean;
  put(id: string, thing: T): void;
  delete(id: string): void;
  /** In the order of their ids: paging needs an order that does not change between two pages. */
  all(): readonly T[];
  readonly size: number;
}

export const createRegistry = <T>(): Registry<T> => {
  const things = new Map<string, T>();
  return {
    get: (id) => (id === undefined ? undefined : things.get(id.toLowerCase())),
    has: (id) => things.has(id.toLowerCase()),
    put: (id, thing) => void things.set(id.toLowerCase(), thing),
    delete: (id) => void things.delete(id.toLowerCase()),
    all: () =>
      [...things].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)).map(([, thing]) => thing),
    get size() {
      return things.size;
    },
  };
};
