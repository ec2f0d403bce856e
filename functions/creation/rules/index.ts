import { failoverRule, multiAzRule } from './availability.ts';
import { cacheIdRule } from './cache-id.ts';
import { descriptionRule } from './description.ts';
import { engineVersionRule } from './engine-version.ts';
import { memcachedRule } from './memcached.ts';
import { securityGroupsRule, subnetGroupRule, verifierRule } from './network.ts';
import { nodeTypeRule } from './node-type.ts';
import {
  evictionPolicyRule,
  knownParametersRule,
  leftOverValuesRule,
  namedGroupRule,
  parameterSourceRule,
} from './parameters.ts';
import { portRule } from './port.ts';
import type { AccountRule, SpecRule } from './rule.ts';
import { authNeedsTlsRule, keyNeedsEncryptionRule } from './security.ts';
import { retentionRule } from './snapshots.ts';
import { tagsRule } from './tags.ts';
import { countsRule, nodesInClusterRule, oneTopologyRule } from './topology.ts';
import { maintenanceWindowRule, snapshotWindowRule, windowsApartRule } from './windows.ts';

/** What a specification must be in itself. */
export const SPEC_RULES: readonly SpecRule[] = [
  cacheIdRule,
  descriptionRule,
  oneTopologyRule,
  countsRule,
  nodesInClusterRule,
  memcachedRule,
  failoverRule,
  multiAzRule,
  nodeTypeRule,
  authNeedsTlsRule,
  keyNeedsEncryptionRule,
  parameterSourceRule,
  evictionPolicyRule,
  portRule,
  retentionRule,
  snapshotWindowRule,
  maintenanceWindowRule,
  windowsApartRule,
  tagsRule,
];

/** What the account must hold for it. */
export const ACCOUNT_RULES: readonly AccountRule[] = [
  engineVersionRule,
  knownParametersRule,
  leftOverValuesRule,
  namedGroupRule,
  subnetGroupRule,
  securityGroupsRule,
  verifierRule,
];
