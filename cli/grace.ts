import type { Ledger, OperationRecord } from '../functions/platform/ledger.ts';
import { isOf, ROTATION_WORKFLOW } from '../functions/token-rotation/rotation-history.ts';

const UNITS = { m: 60, h: 3600, d: 86_400 } as const;
/** Standard workflows live long, but a token that nobody retires is no rotation: as long as the policy allows at most. */
const LONGEST_SECONDS = 7 * UNITS.d;

/** `90m`, `2h`, `1d` in seconds; undefined for anything else, and for more than a week. */
export const parseExtension = (text: string): number | undefined => {
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const seconds = Number(count) * UNITS[unit as keyof typeof UNITS];
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
};

/** `23:59:40`, or `1 d 02:00:00`: what is left until a time, never less than nothing. */
export const countdown = (until: string, now: string): string => {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - Date.parse(now)) / 1000));
  const days = Math.floor(seconds / UNITS.d);
  const clock = [Math.floor((seconds % UNITS.d) / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return days > 0 ? `${days} d ${clock}` : clock;
};

/** Among so many is the rotation that is in its grace period. */
const ROTATIONS_READ = 20;

/** The rotation of a cache's token, or of a user's password, that is in its grace period, with its end. */
export const rotationInGrace = async (
  ledger: Pick<Ledger, 'operations' | 'graceOf'>,
  {
    region,
    cacheId,
    userId,
  }: { readonly region: string; readonly cacheId: string; readonly userId?: string | undefined },
  now: string,
): Promise<{ record: OperationRecord; endsAt: string } | undefined> => {
  const query = { region, cacheId, workflow: ROTATION_WORKFLOW, limit: ROTATIONS_READ };
  for (const record of await ledger.operations(query)) {
    if (record.outcome !== undefined || !isOf(record, userId)) continue;
    const grace = await ledger.graceOf(record.operationId);
    if (grace && Date.parse(grace.endsAt) > Date.parse(now)) return { record, endsAt: grace.endsAt };
  }
  return undefined;
};
