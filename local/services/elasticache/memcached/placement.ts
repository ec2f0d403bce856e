import { invalidCombination, invalidValue } from '../validation/faults.ts';

/** What a request says about zones. */
export interface PlacementRequest {
  readonly azMode?: string | undefined;
  /** One zone for all nodes. */
  readonly zone?: string | undefined;
  /** A zone for each node. */
  readonly zones?: readonly string[] | undefined;
  /** How the request calls `zones`. */
  readonly zonesName: 'PreferredAvailabilityZones' | 'NewAvailabilityZones';
  readonly nodeCount: number;
}

/** @throws ServiceError InvalidParameterValue */
const checkMode = (mode: string | undefined) => {
  if (mode === undefined || mode === 'single-az' || mode === 'cross-az') return;
  throw invalidValue(`AZMode must be single-az or cross-az, not ${mode}.`);
};

const checkZones = (asked: readonly string[], offered: readonly string[]) => {
  const unknown = asked.find((zone) => !offered.includes(zone));
  if (unknown === undefined) return;
  throw invalidValue(`Availability zone ${unknown} is not in the subnet group, which has ${offered.join(', ')}.`);
};

/**
 * A zone for each new node: as asked, in turn with cross-az, else all in one (API reference, AZMode).
 *
 * @param offered zones of the subnet group, in its order
 * @throws ServiceError InvalidParameterValue, InvalidParameterCombination
 */
export const placeNodes = (request: PlacementRequest, offered: readonly string[]): readonly string[] => {
  const { azMode, zone, zones, zonesName, nodeCount } = request;
  checkMode(azMode);
  if (zone !== undefined && zones !== undefined) {
    throw invalidCombination(`Give either PreferredAvailabilityZone or ${zonesName}, not both.`);
  }
  if (zones !== undefined) {
    checkZones(zones, offered);
    if (zones.length !== nodeCount) {
      throw invalidCombination(`${zonesName} names ${zones.length} zones for ${nodeCount} nodes; give one for each.`);
    }
    const isSpread = new Set(zones).size > 1;
    if (isSpread && azMode !== 'cross-az') {
      throw invalidCombination(`${zonesName} names several zones: set AZMode to cross-az, as single-az is assumed.`);
    }
    return zones;
  }
  if (azMode === 'cross-az') {
    if (zone !== undefined) {
      throw invalidCombination('AZMode cross-az needs several zones, but PreferredAvailabilityZone names one.');
    }
    if (offered.length < 2) {
      throw invalidCombination(`AZMode cross-az needs a subnet group with several zones, not only ${offered.join()}.`);
    }
    return Array.from({ length: nodeCount }, (_, index) => offered[index % offered.length] ?? '');
  }
  if (zone !== undefined) checkZones([zone], offered);
  return Array<string>(nodeCount).fill(zone ?? offered[0] ?? '');
};
