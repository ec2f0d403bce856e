import { type Cache, transitModeOf } from '../state/cache.ts';

/** A cache without encryption in transit has no mode. */
export const viewTransitMode = (cache: Cache): 'preferred' | 'required' | undefined => {
  const mode = transitModeOf(cache);
  return mode === 'off' ? undefined : mode;
};

export const viewPendingTransit = ({
  pending: { transit },
}: Pick<Cache, 'pending'>): {
  TransitEncryptionEnabled?: boolean;
  TransitEncryptionMode?: 'preferred' | 'required';
} => {
  if (transit === undefined) return {};
  return transit === 'off'
    ? { TransitEncryptionEnabled: false }
    : { TransitEncryptionEnabled: true, TransitEncryptionMode: transit };
};
