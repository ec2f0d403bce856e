/** INFO and CLUSTER INFO as key → value. @param reply the engine's text; anything else is an empty answer */
export const parseInfo = (reply: unknown): Readonly<Record<string, string>> => {
  const lines = typeof reply === 'string' ? reply.split('\r\n') : [];
  const pairs = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 && !line.startsWith('#') ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : [];
  });
  return Object.fromEntries(pairs);
};

/** The data ports of all nodes that a CLUSTER SLOTS reply names: `[first, last, [host, port, …], …]` for each range. */
export const portsInSlots = (reply: unknown): ReadonlySet<number> => {
  const ranges: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const nodes = ranges.flatMap((range): readonly unknown[] => (Array.isArray(range) ? range.slice(2) : []));
  return new Set(nodes.flatMap((node) => (Array.isArray(node) && typeof node[1] === 'number' ? [node[1]] : [])));
};
