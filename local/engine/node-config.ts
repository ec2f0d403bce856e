import { type InternalUsers, sha256 } from './access.ts';
import type { Certificates } from './certificates.ts';

/** What one node's redis.conf is made from. */
export interface NodeConfig {
  readonly port: number;
  readonly folder: string;
  readonly clusterMode: boolean;
  /** Left out: no TLS. */
  readonly certificates?: Certificates | undefined;
  readonly maxmemoryBytes: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly users: InternalUsers;
  /** Data port of the primary to follow; left out for primaries and with cluster mode, where nodes.conf tells. */
  readonly primaryPort?: number | undefined;
  /** What it logs in to its primary with; left out: what lets it in. */
  readonly primaryPassword?: string | undefined;
}

/** What a parameter group may override. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'repl-backlog-size': '1mb',
  'repl-timeout': '10',
  'tcp-keepalive': '300',
  maxclients: '1000',
};

/**
 * Real milliseconds without an answer after which cluster nodes hold one of them for failed (ElastiCache sets 15 s and
 * lets nobody change it).
 */
export const NODE_TIMEOUT_MS = 15_000;

/** While a cluster forms, nodes ask each other often, so that all soon know of all; see `settle` in topology.ts. */
const FORMING_NODE_TIMEOUT_MS = 1_000;

/** What a node needs to speak TLS, besides a port for it. */
export const tlsFiles = ({ caFile, certFile, keyFile }: Certificates): Readonly<Record<string, string>> => ({
  'tls-cert-file': certFile,
  'tls-key-file': keyFile,
  'tls-ca-cert-file': caFile,
  'tls-auth-clients': 'no',
  'tls-protocols': 'TLSv1.2 TLSv1.3',
});

const tlsLines = (port: number, certificates: Certificates): Record<string, string> => ({
  ...tlsFiles(certificates),
  port: '0',
  'tls-port': String(port),
  'tls-replication': 'yes',
  'tls-cluster': 'yes',
});

const clusterLines: Readonly<Record<string, string>> = {
  'cluster-enabled': 'yes',
  'cluster-config-file': 'nodes.conf',
  'cluster-node-timeout': String(FORMING_NODE_TIMEOUT_MS),
  // No election while the cluster forms: a slow machine would pass for a dead node.
  'cluster-replica-no-failover': 'yes',
  'cluster-replica-validity-factor': '0',
  'cluster-allow-replica-migration': 'no',
};

/** What the engine decides by itself, whatever a parameter group says. */
const fixedLines = (config: NodeConfig): Readonly<Record<string, string>> => ({
  ...(config.certificates ? tlsLines(config.port, config.certificates) : { port: String(config.port) }),
  ...(config.clusterMode ? clusterLines : {}),
  ...(config.primaryPort === undefined ? {} : { replicaof: `127.0.0.1 ${config.primaryPort}` }),
  bind: '127.0.0.1',
  'protected-mode': 'no',
  dir: config.folder,
  daemonize: 'no',
  // The command line stays as it was started: it tells people, and leftovers.ts, whose process this is.
  'set-proc-title': 'no',
  logfile: '',
  save: '',
  appendonly: 'no',
  maxmemory: String(config.maxmemoryBytes),
  'repl-diskless-sync': 'yes',
  'repl-diskless-sync-delay': '0',
  'repl-diskless-load': 'on-empty-db',
  'repl-ping-replica-period': '1',
  masteruser: config.users.replication.name,
  masterauth: config.primaryPassword ?? config.users.replication.password,
});

/** Names that a parameter may not set; whether TLS or cluster mode is on makes no difference. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.keys({ ...tlsLines(0, { caPem: '', caFile: '', certFile: '', keyFile: '' }), ...clusterLines }),
  ...['bind', 'protected-mode', 'dir', 'daemonize', 'set-proc-title', 'logfile', 'save', 'appendonly', 'maxmemory'],
  ...['repl-diskless-sync', 'repl-diskless-sync-delay', 'repl-diskless-load', 'repl-ping-replica-period'],
  ...['replicaof', 'slaveof', 'masteruser', 'masterauth', 'user', 'aclfile', 'requirepass', 'include', 'loadmodule'],
  ...['rename-command', 'unixsocket', 'pidfile', 'dbfilename', 'cluster-port', 'cluster-slave-no-failover'],
]);

/** @throws Error naming the parameter that is the engine's own */
export const checkParameters = (parameters: Readonly<Record<string, string>>): void => {
  for (const name of Object.keys(parameters)) {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`'${name}' is not the name of an engine parameter.`);
    if (RESERVED.has(name))
      throw new Error(`The engine parameter ${name} is set by the service and cannot be changed.`);
  }
};

/** A value as one argument of a line, whatever is in it. */
const quote = (value: string) =>
  `"${value
    .replace(/[\\"]/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, (char) =>
      [...Buffer.from(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    )}"`;

/** Directives of several arguments; all others take one, which may hold spaces. */
const SEVERAL = new Set([
  'replicaof',
  'client-output-buffer-limit',
  'client-output-buffer-limit-replica',
  'oom-score-adj-values',
]);

const line = (name: string, value: string) =>
  `${name} ${(SEVERAL.has(name) ? value.split(/\s+/) : [value]).map(quote).join(' ')}`;

/**
 * The text of a redis.conf. Only the service's own users are in it, and nobody else gets in: customers' users come
 * when the node runs, by the same command that changes them later.
 */
export const nodeConfig = (config: NodeConfig): string => {
  checkParameters(config.parameters);
  const { admin, replication } = config.users;
  const users = [admin, replication].map((user) => `user ${user.name} on #${sha256(user.password)} ${user.access}`);
  const settings = { ...DEFAULTS, ...config.parameters, ...fixedLines(config) };
  const lines = [...Object.entries(settings).map(([name, value]) => line(name, value)), 'user default off', ...users];
  return `${lines.join('\n')}\n`;
};
