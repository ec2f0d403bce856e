import type { TransitMode } from '../../../engine/types.ts';
import { isAtLeast } from '../engine-versions.ts';
import { type Cache, type NodeChange, transitModeOf } from '../state/cache.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';

/** What a request says about encryption in transit. */
export interface TransitRequest {
  readonly TransitEncryptionEnabled?: boolean | undefined;
  readonly TransitEncryptionMode?: string | undefined;
}

/** The oldest engines whose encryption in transit can be changed, and be `preferred` (ElastiCache guide). */
const OLDEST = { redis: '7.0', valkey: '7.2' } as const;

/**
 * The change of encryption in transit that a request asks for: off, `preferred`, `required`, one step at a time in
 * either direction. A present value is a change only where it calls off a pending one.
 *
 * @throws ServiceError InvalidParameterCombination, InvalidParameterValue
 */
export const planTransit = (cache: Cache, request: TransitRequest): Pick<NodeChange, 'transit'> => {
  const present = transitModeOf(cache);
  const wanted = wantedMode(present, cache.pending.transit ?? present, request);
  if (wanted === undefined || wanted === (cache.pending.transit ?? present)) return {};
  if (wanted === present) return { transit: wanted };
  if (cache.userGroupIds.length > 0 || cache.tokens.hashes.length > 0) {
    throw invalidCombination(
      'Modification of transit encryption is not supported for access control enabled clusters.',
    );
  }
  checkTransitVersion(cache);
  return { transit: wanted };
};

/** @throws ServiceError InvalidParameterCombination for an engine that can have encryption in transit only for good */
export const checkTransitVersion = ({ engine, engineVersion }: Pick<Cache, 'engine' | 'engineVersion'>): void => {
  if (isAtLeast(engineVersion, OLDEST[engine])) return;
  throw invalidCombination(
    `The transit encryption mode preferred, and any change of it, needs ${engine} ${OLDEST[engine]} or later, not ${engineVersion}.`,
  );
};

/** @throws ServiceError InvalidParameterValue */
export const checkTransitMode = (mode: string | undefined): 'preferred' | 'required' | undefined => {
  if (mode === undefined || mode === 'preferred' || mode === 'required') return mode;
  throw invalidValue(`TransitEncryptionMode must be preferred or required, not ${mode}.`);
};

const wantedMode = (present: TransitMode, planned: TransitMode, request: TransitRequest): TransitMode | undefined => {
  const { TransitEncryptionEnabled: enabled } = request;
  const mode = checkTransitMode(request.TransitEncryptionMode);
  if (enabled === false) return wantedOff(present, mode);
  if (mode === undefined) {
    if (enabled && planned === 'off') {
      throw invalidCombination('To enable encryption-in-transit, set TransitEncryptionMode to preferred as well.');
    }
    return undefined;
  }
  if (present === 'off' && !enabled) {
    throw invalidCombination('To modify transit encryption mode, set encryption-in-transit as enabled.');
  }
  if (present === 'off' && mode === 'required') {
    throw invalidCombination('TransitEncryptionMode can be set to required only once it is preferred.');
  }
  return mode;
};

const wantedOff = (present: TransitMode, mode: string | undefined): TransitMode => {
  if (mode !== undefined) {
    throw invalidCombination('To modify transit encryption mode, set encryption-in-transit as enabled.');
  }
  if (present === 'required') {
    throw invalidCombination('Encryption-in-transit can be disabled only once TransitEncryptionMode is preferred.');
  }
  return 'off';
};
