import { createHash, randomBytes } from 'node:crypto';
import type { EngineUser } from './types.ts';

/**
 * What ElastiCache takes from its customers (guide: "Restricted commands"), and what else would let a customer change
 * the topology from within: replication, cluster state, modules, persistence. Of the ACL commands the guide has WHOAMI,
 * USERS, CAT, and LIST without any hash of a password (RBAC, limitations); the engine cannot leave the hashes out, so LIST
 * is refused with the rest.
 */
export const FORBIDDEN_COMMANDS: readonly string[] = [
  ...['acl|setuser', 'acl|deluser', 'acl|load', 'acl|save', 'acl|list', 'acl|getuser', 'acl|log', 'acl|dryrun'],
  ...['bgrewriteaof', 'bgsave', 'save', 'config', 'debug', 'module', 'shutdown'],
  ...['migrate', 'psync', 'sync', 'replconf', 'replicaof', 'slaveof', 'failover'],
  ...['addslots', 'addslotsrange', 'bumpepoch', 'delslots', 'delslotsrange', 'failover', 'flushslots', 'forget'].map(
    (name) => `cluster|${name}`,
  ),
  ...['links', 'meet', 'replicate', 'reset', 'saveconfig', 'set-config-epoch', 'setslot'].map(
    (name) => `cluster|${name}`,
  ),
];

/** A user of the service itself; its password lives as long as the cache and is nowhere but in memory and redis.conf. */
export interface InternalUser {
  readonly name: string;
  readonly password: string;
  readonly access: string;
}

/** The service's own users of one cache: one that may do everything, one that may only replicate. */
export interface InternalUsers {
  readonly admin: InternalUser;
  readonly replication: InternalUser;
}

const ADMIN = 'elasticache-admin';
const REPLICATION = 'elasticache-replication';

export const createInternalUsers = (): InternalUsers => {
  const password = () => randomBytes(32).toString('hex');
  return {
    admin: { name: ADMIN, password: password(), access: '~* &* +@all' },
    replication: { name: REPLICATION, password: password(), access: '+psync +replconf +ping' },
  };
};

/** Whether a name is one of the service's own users. */
export const isInternal = (name: string): boolean => name === ADMIN || name === REPLICATION;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Rules of the engine's ACL that an access string may hold: on, off, keys, channels, commands, selectors. */
const RULE =
  /^(on|off|~\S+|%(R|W|RW)~\S+|&\S+|[+-]@?[\w|-]+|allkeys|resetkeys|allchannels|resetchannels|allcommands|nocommands|clearselectors)$/;

const checkAccess = ({ name, access }: EngineUser) => {
  for (const rule of access.split(/[\s()]+/).filter(Boolean)) {
    if (RULE.test(rule)) continue;
    throw new Error(
      `User ${name} cannot be given the rule '${rule}': an access string holds commands, keys and channels.`,
    );
  }
};

/**
 * The arguments of ACL SETUSER that make a user exactly what `user` says, whatever it was before. The engine applies
 * them in one step and leaves the user's open connections alone.
 *
 * @throws Error for a name of the service's own and for rules that would set a password past the service
 */
export const aclRulesOf = (user: EngineUser): readonly string[] => {
  if (isInternal(user.name)) throw new Error(`The user name ${user.name} belongs to the service; choose another.`);
  checkAccess(user);
  const forbidden = FORBIDDEN_COMMANDS.map((command) => `-${command}`);
  // A selector is judged apart from the root rules, so what is forbidden must be taken out of each.
  const selectors = (user.access.match(/\([^)]*\)/g) ?? []).map(
    (text) => `(${[text.slice(1, -1), ...forbidden].join(' ')})`,
  );
  const root = user.access
    .replace(/\([^)]*\)/g, ' ')
    .split(/\s+/)
    .filter(Boolean);
  // Without a password the engine keeps none: `nopass` lets in any, the old ones included.
  const passwords = user.open ? ['nopass'] : user.passwordHashes.map((hash) => `#${hash}`);
  return ['reset', 'on', ...passwords, ...root, ...forbidden, ...selectors];
};
