import { readSignature, signed } from '../../platform/caches.ts';
import { type LogOrder, logDeliveryRequest } from '../log-delivery.ts';
import { windowsApartRule } from '../rules/windows.ts';
import type { Fault } from '../schemas.ts';
import { type ChangeContext, type Changer, modification } from './change.ts';

interface Setting {
  readonly field: string;
  /** What ModifyReplicationGroup is given. */
  readonly parameters: Record<string, unknown>;
  readonly says: string;
  /** Nobody loses a connection or a snapshot by it. */
  readonly safe: boolean;
}

/**
 * What ElastiCache takes over without touching a node: description, windows, retention, security groups, notifications and
 * logs. For a person all in one call; for the autopilot itself what may cost somebody something stands in a call of its own,
 * so that a repair can leave it out.
 */
export const settings: Changer = (context) => {
  const all = settingsToChange(context);
  const asStep = (id: string, some: readonly Setting[]) =>
    some.length === 0
      ? []
      : [
          modification(context, Object.assign({}, ...some.map(({ parameters }) => parameters)), {
            id,
            says: `set ${some.map(({ says }) => says).join(', ')}`,
            fields: some.map(({ field }) => field),
            safe: some.every(({ safe }) => safe),
          }),
        ];
  const refused = windowsThatOverlap(context);
  return context.initiative === 'own'
    ? {
        refused,
        steps: [
          ...asStep(
            'set-settings',
            all.filter(({ safe }) => safe),
          ),
          ...asStep(
            'set-careful-settings',
            all.filter(({ safe }) => !safe),
          ),
        ],
      }
    : { refused, steps: asStep('set-settings', all) };
};

/** The windows of a specification are apart; one that it leaves out stays, and ElastiCache refuses two that share a minute. */
const windowsThatOverlap = ({ spec, cache }: ChangeContext): Fault[] => {
  const { snapshotWindow, preferredMaintenanceWindow } = spec;
  const both = {
    snapshotWindow: snapshotWindow ?? cache.snapshotWindow,
    preferredMaintenanceWindow: preferredMaintenanceWindow ?? cache.maintenanceWindow,
  };
  const saysNothing = snapshotWindow === undefined && preferredMaintenanceWindow === undefined;
  // Memcached has no snapshots.
  if (saysNothing || cache.kind === 'cluster' || windowsApartRule(both).length === 0) return [];
  const [path, stays] =
    snapshotWindow === undefined
      ? (['preferredMaintenanceWindow', `its snapshot window, ${both.snapshotWindow}, which`] as const)
      : (['snapshotWindow', `its maintenance window, ${both.preferredMaintenanceWindow}, which`] as const);
  const rule = `${spec[path]} overlaps with what ${cache.cacheId} has as ${stays} the specification leaves as it is.`;
  return [{ path, value: spec[path], rule, remedy: 'Set both snapshotWindow and preferredMaintenanceWindow.' }];
};

const settingsToChange = (context: ChangeContext): Setting[] => {
  const { spec, cache, notificationTopicArn } = context;
  const found: Setting[] = [];
  const setting = (field: string, differs: boolean, parameters: Record<string, unknown>, says: string, safe = true) => {
    if (differs) found.push({ field, parameters, says, safe });
  };
  const { description, operationId } = readSignature(cache.description);
  const text = spec.description ?? description;
  setting(
    'description',
    // Of a cluster, as Memcached's caches are, ElastiCache keeps none.
    cache.kind !== 'cluster' && text !== description,
    // The signature says who made the cache, and stays.
    { ReplicationGroupDescription: operationId ? signed(text, operationId) : text },
    text ? `the description “${text}”` : 'no description',
  );
  const { snapshotRetentionLimit: days, snapshotWindow, preferredMaintenanceWindow } = spec;
  const before = cache.snapshotRetentionDays ?? 0;
  setting(
    'snapshotRetentionLimit',
    days !== undefined && days > before,
    { SnapshotRetentionLimit: days, ...(before === 0 && !cache.clusterMode ? snapshotsFrom(context) : {}) },
    `${days} days of automatic snapshots instead of ${before}`,
  );
  setting(
    'snapshotWindow',
    snapshotWindow !== undefined && snapshotWindow !== cache.snapshotWindow,
    { SnapshotWindow: snapshotWindow },
    `the snapshot window ${snapshotWindow}`,
  );
  const maintenance = preferredMaintenanceWindow?.toLowerCase();
  setting(
    'preferredMaintenanceWindow',
    maintenance !== undefined && maintenance !== cache.maintenanceWindow,
    { PreferredMaintenanceWindow: preferredMaintenanceWindow },
    `the maintenance window ${preferredMaintenanceWindow}`,
  );
  setting(
    'autoMinorVersionUpgrade',
    spec.autoMinorVersionUpgrade !== undefined && spec.autoMinorVersionUpgrade !== cache.autoMinorVersionUpgrade,
    { AutoMinorVersionUpgrade: spec.autoMinorVersionUpgrade },
    `minor upgrades by ElastiCache ${spec.autoMinorVersionUpgrade ? 'on' : 'off'}`,
    // ElastiCache then replaces every node in a window that nobody has chosen.
    spec.autoMinorVersionUpgrade === false,
  );
  const topic = spec.notificationTopicArn ?? notificationTopicArn;
  setting(
    'notificationTopicArn',
    cache.notificationTopicArn !== undefined &&
      (cache.notificationTopicArn !== topic || cache.notificationTopicInactive === true),
    { NotificationTopicArn: topic, NotificationTopicStatus: 'active' },
    `the topic for its events ${topic}`,
  );
  const groups = spec.securityGroupIds?.toSorted();
  setting(
    'securityGroupIds',
    groups !== undefined && groups.join() !== cache.securityGroupIds.toSorted().join(),
    { SecurityGroupIds: spec.securityGroupIds },
    `the security groups ${groups?.join(', ')}`,
    false,
  );
  const logs = logDeliveryToChange(context);
  setting(
    'logDeliveryConfigurations',
    logs.parameters.length > 0,
    { LogDeliveryConfigurations: logs.parameters },
    logs.says,
    // Where logs go now, somebody may be reading.
    logs.nothingStops,
  );
  return found;
};

/** Without cluster mode the first automatic snapshot needs to know its node: a replica spares the primary. */
const snapshotsFrom = ({ cache }: ChangeContext): Record<string, unknown> => {
  const members = cache.members ?? [];
  const node = members.findLast(({ role }) => role !== 'primary') ?? members[0];
  return node ? { SnapshottingClusterId: node.id } : {};
};

const logDeliveryToChange = ({ spec, cache }: ChangeContext) => {
  const found = cache.logDelivery ?? [];
  const { logDeliveryConfigurations: wanted } = spec;
  const same = (one: LogOrder) =>
    found.some(
      (other) =>
        other.logType === one.logType &&
        other.destinationType === one.destinationType &&
        other.destination === one.destination &&
        other.logFormat === one.logFormat,
    );
  const off = wanted ? found.filter(({ logType }) => !wanted.some((one) => one.logType === logType)) : [];
  const on = wanted?.filter((one) => !same(one)) ?? [];
  return {
    parameters: [...on.map(logDeliveryRequest), ...off.map(({ logType }) => ({ LogType: logType, Enabled: false }))],
    says: [
      ...on.map(({ logType, destination, logFormat }) => `the ${logType} to ${destination} as ${logFormat}`),
      ...off.map(({ logType }) => `the ${logType} off`),
    ].join(', '),
    nothingStops: off.length === 0 && on.every(({ logType }) => !found.some((other) => other.logType === logType)),
  };
};

/** Fewer days delete snapshots, for good: never among other settings, and never without a person. */
export const fewerSnapshots: Changer = (context) => {
  const { snapshotRetentionLimit: days } = context.spec;
  const before = context.cache.snapshotRetentionDays ?? 0;
  if (days === undefined || days >= before) return {};
  return {
    steps: [
      modification(
        context,
        { SnapshotRetentionLimit: days },
        {
          id: 'fewer-snapshots',
          says: `keep ${days} days of automatic snapshots instead of ${before}, which deletes the older ones`,
          fields: ['snapshotRetentionLimit'],
          interrupts: 'loses-data',
        },
      ),
    ],
  };
};
