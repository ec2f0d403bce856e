import { ServiceError } from '../../service.ts';

/** LookupEvents: two requests a second for each account and Region (API reference). */
const MOST = 2;
const WINDOW_MS = 1000;

/**
 * Counts requests by the account's clock, on which quota windows run: in a fast account the second is as short as all others.
 *
 * @returns lets a request pass @throws ServiceError ThrottlingException
 */
export const createLookupRate = (now: () => number): ((region: string) => void) => {
  const passed = new Map<string, readonly number[]>();
  return (region) => {
    const recent = (passed.get(region) ?? []).filter((at) => at > now() - WINDOW_MS);
    if (recent.length >= MOST) throw new ServiceError('ThrottlingException', 'Rate exceeded');
    passed.set(region, [...recent, now()]);
  };
};
