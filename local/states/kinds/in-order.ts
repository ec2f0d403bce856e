/**
 * Runs work for each item, at most `limit` at once, begun in order. Ends early once `stop` says so.
 * The work must deal with its own failures.
 */
export const inOrder = async <T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
  stop: () => boolean,
): Promise<void> => {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      if (stop()) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
};
