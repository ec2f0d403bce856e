import type { Ledger, OperationRecord } from '../platform/ledger.ts';
import { type IsoTime, secondsAfter } from '../platform/units.ts';

export interface RotationUnderWay {
  readonly operationId: string;
  /** Present since its new token is the current one: the old one stays valid until then. */
  readonly graceEndsAt?: IsoTime | undefined;
}

/**
 * After the end of its grace period a rotation has a day for a person's answer, a day for the cache's lock and a day for its orders;
 * before, it has the same. One that has not ended by then has died without closing its record, and keeps nobody waiting.
 */
const DIED_AFTER_SECONDS = 3 * 86_400;

/**
 * The first of some rotations that has begun and not ended. Its grace period may last days, in which it has no lock.
 *
 * @param rotations those of one token or of one user's password
 */
export const rotationUnderWay = async (
  rotations: readonly Pick<OperationRecord, 'operationId' | 'startedAt' | 'outcome'>[],
  now: IsoTime,
  ledger: Pick<Ledger, 'graceOf'>,
): Promise<RotationUnderWay | undefined> => {
  for (const { operationId, startedAt, outcome } of rotations) {
    if (outcome !== undefined) continue;
    const grace = await ledger.graceOf(operationId);
    const diedAt = secondsAfter(grace?.endsAt ?? startedAt, DIED_AFTER_SECONDS);
    if (Date.parse(now) < Date.parse(diedAt)) return { operationId, graceEndsAt: grace?.endsAt };
  }
  return undefined;
};
