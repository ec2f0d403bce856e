const parts = (version: string): number[] => version.split('.').map(Number);

/** `7.1` is the version of a cache that says `7.1.0`: ElastiCache adds the patch. */
export const isVersion = (wanted: string, found: string | undefined): boolean =>
  found === wanted || (found?.startsWith(`${wanted}.`) ?? false);

/** Whether one version comes before another, as far as both say. */
export const isOlder = (version: string, than: string): boolean => {
  const [one, other] = [parts(version), parts(than)];
  for (const [index, number] of one.entries()) {
    const against = other[index] ?? 0;
    if (number !== against) return number < against;
  }
  return false;
};
