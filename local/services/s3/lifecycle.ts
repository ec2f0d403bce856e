import { z } from 'zod';

const DAY_MS = 86_400_000;

/** A rule of a bucket's lifecycle, as far as it is carried out here: objects expire so many days after they were written. */
export const LifecycleRule = z.strictObject({
  Id: z.string().max(255).default(''),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: z.string().default(''),
  ExpirationInDays: z.int().min(1),
});
export type LifecycleRule = z.infer<typeof LifecycleRule>;

/** The first midnight (UTC) at or after a time, both in milliseconds since 1970. */
export const midnightFrom = (ms: number): number => Math.ceil(ms / DAY_MS) * DAY_MS;

/**
 * When an object expires, and by which rule: the earliest of all that apply. S3 adds the days to the time of writing and
 * rounds up to the next midnight UTC (S3 guide, "Lifecycle rules: based on an object's age").
 */
export const expiryOf = (
  { key, writtenAt }: { readonly key: string; readonly writtenAt: number },
  rules: readonly LifecycleRule[],
): { readonly at: number; readonly ruleId: string } | undefined => {
  const [first] = rules
    .filter(({ Status, Prefix }) => Status === 'Enabled' && key.startsWith(Prefix))
    .map(({ Id, ExpirationInDays }) => ({ at: midnightFrom(writtenAt + ExpirationInDays * DAY_MS), ruleId: Id }))
    .sort((a, b) => a.at - b.at);
  return first;
};
