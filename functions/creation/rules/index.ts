import { failoverRule, multiAzRule } from './availability.ts';
import { cacheIdRule } from './cache-id.ts';
import { dataTieringRule } from './data-tiering.ts';
import { descriptionRule } from './description.ts';
import { engineVersionRule } from './engine-version.ts';
import { evictionPolicyRule, evictionWarning } from './eviction.ts';
import { logDeliveryRule, logTargetsRule } from './log-delivery.ts';
import { memcachedRule } from './memcached.ts';
import {
  openToTheWorldRule,
  publicAddressesWarning,
  securityGroupsRule,
  subnetGroupRule,
  verifierRule,
} from './network.ts';
import { nodeTypeRule, offeredNodeTypeRule } from './node-type.ts';
import { notificationTopicRule } from './notification-topic.ts';
import { knownParametersRule, leftOverValuesRule, namedGroupRule, parameterSourceRule } from './parameters.ts';
import { portRule } from './port.ts';
import { nodeQuotasRule } from './quotas.ts';
import type { AccountRule, PolicyRule, SpecRule } from './rule.ts';
import { noSecretsRule } from './secrets.ts';
import { authNeedsTlsRule, keyNeedsEncryptionRule, tlsModeRule, userGroupsRule, userSecretRule } from './security.ts';
import { retentionRule } from './snapshots.ts';
import { requiredTagsRule, tagsRule } from './tags.ts';
import { countsRule, nodesInClusterRule, oneTopologyRule } from './topology.ts';
import { userGroupThereRule, userSecretThereRule } from './user-groups.ts';
import { clearTextWarning, memcachedDescriptionWarning, oneZoneWarning, upgradedWarning } from './warnings.ts';
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
  dataTieringRule,
  authNeedsTlsRule,
  userGroupsRule,
  userSecretRule,
  noSecretsRule,
  tlsModeRule,
  keyNeedsEncryptionRule,
  parameterSourceRule,
  evictionPolicyRule,
  portRule,
  retentionRule,
  snapshotWindowRule,
  maintenanceWindowRule,
  windowsApartRule,
  logDeliveryRule,
  tagsRule,
];

/** What the account must hold for it. */
export const ACCOUNT_RULES: readonly AccountRule[] = [
  engineVersionRule,
  offeredNodeTypeRule,
  knownParametersRule,
  leftOverValuesRule,
  namedGroupRule,
  subnetGroupRule,
  securityGroupsRule,
  openToTheWorldRule,
  verifierRule,
  userGroupThereRule,
  userSecretThereRule,
  logTargetsRule,
  nodeQuotasRule,
];

/** What the account's operators want of every cache. */
export const POLICY_RULES: readonly PolicyRule[] = [requiredTagsRule, notificationTopicRule];

/** What a specification may be, and a person should know of before agreeing to it. */
export const SPEC_WARNINGS: readonly SpecRule[] = [evictionWarning, clearTextWarning, memcachedDescriptionWarning];

/** The same of what the account holds. */
export const ACCOUNT_WARNINGS: readonly AccountRule[] = [oneZoneWarning, publicAddressesWarning, upgradedWarning];
