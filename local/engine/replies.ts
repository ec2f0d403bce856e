/** INFO and CLUSTER INFO as key → value. @param reply the engine's text; anything else is an empty answer */
export const parseInfo = (reply: unknown): Readonly<Record<string, string>> => {
  const lines = typeof reply === 'string' ? reply.split('\r\n') : [];
  const pairs = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 && !line.startsWith('#') ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : [];
  });
  return Object.fromEntries(pairs);
};
