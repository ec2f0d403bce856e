/** Lets one piece of work at a time touch a table: a condition and the item that is answered for it belong together. */
export interface Turns {
  /** Waits for the turn of each table, then works. */
  take<T>(tables: readonly string[], work: () => Promise<T>): Promise<T>;
}

export const createTurns = (): Turns => {
  const last = new Map<string, Promise<unknown>>();
  return {
    take(tables, work) {
      // All turns are booked at once, so that two batches over the same tables cannot wait for each other.
      const before = Promise.all(tables.map((table) => last.get(table)));
      const mine = before.then(work);
      const settled = mine.catch(() => {});
      for (const table of tables) last.set(table, settled);
      return mine;
    },
  };
};
