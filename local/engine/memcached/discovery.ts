import type { Address } from '../types.ts';

/** What auto discovery tells: the nodes, and how many times the list has changed. */
export interface Configuration {
  /** Begins at 1 and grows with each change. */
  readonly version: number;
  readonly nodes: readonly Address[];
}

/** From 1.6.17 on ElastiCache refuses these to clients (guide, Memcached 1.6.17 changes). */
const REFUSED: ReadonlySet<string> = new Set(['lru_crawler', 'lru', 'slabs']);

/** Whether a command line asks for the cluster's configuration. */
export const asksForConfiguration = (line: string): boolean => {
  const words = line.split(' ').filter(Boolean);
  return words.join(' ') === 'config get cluster' || words.join(' ') === 'get AmazonElastiCache:cluster';
};

/**
 * ElastiCache's own answer to a command line, or undefined for those that are memcached's. The form of the
 * configuration is "Adding auto discovery to your client library" in the ElastiCache guide: the version, then
 * `host|ip|port` of each node, closed by a line feed of its own.
 */
export const answerOf = (line: string, configuration: Configuration): string | undefined => {
  const [command = ''] = line.split(' ').filter(Boolean);
  if (REFUSED.has(command)) return 'ERROR\r\n';
  if (!asksForConfiguration(line)) return undefined;
  const nodes = configuration.nodes.map(({ host, port }) => `${host}|${host}|${port}`).join(' ');
  const text = `${configuration.version}\n${nodes}\n`;
  const head = command === 'config' ? 'CONFIG cluster' : 'VALUE AmazonElastiCache:cluster';
  return `${head} 0 ${Buffer.byteLength(text)}\r\n${text}\r\nEND\r\n`;
};
