import { closestTo } from '../closest.ts';
import { type AccountRule, faultsOf, type SpecRule } from './rule.ts';

const LARGE_TO_16 = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'];

/** The node types that ElastiCache sells, data tiering's for Redis OSS and Valkey only (ElastiCache guide, "Supported node types", 2026). */
const SIZES: Readonly<Record<string, readonly string[]>> = {
  t2: ['micro', 'small', 'medium'],
  t3: ['micro', 'small', 'medium'],
  t4g: ['micro', 'small', 'medium'],
  m4: ['large', 'xlarge', '2xlarge', '4xlarge', '10xlarge'],
  m5: ['large', 'xlarge', '2xlarge', '4xlarge', '12xlarge', '24xlarge'],
  m6g: LARGE_TO_16,
  m7g: LARGE_TO_16,
  m8g: LARGE_TO_16,
  r4: ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '16xlarge'],
  r5: ['large', 'xlarge', '2xlarge', '4xlarge', '12xlarge', '24xlarge'],
  r6g: LARGE_TO_16,
  r6gd: LARGE_TO_16.slice(1),
  r7g: LARGE_TO_16,
  r8g: LARGE_TO_16,
  c7gn: LARGE_TO_16,
  c8gn: LARGE_TO_16,
};
const KNOWN = Object.entries(SIZES).flatMap(([family, sizes]) => sizes.map((size) => `cache.${family}.${size}`));

/** The families whose nodes have an SSD beside their memory (CreateReplicationGroup, DataTieringEnabled). */
const TIERING_FAMILIES = ['r6gd'];

/** Whether a node of this type moves what is rarely used to its SSD. */
export const tiersData = (nodeType: string): boolean => TIERING_FAMILIES.includes(nodeType.split('.')[1] ?? '');

/** The node type is one that ElastiCache has. Its word `cache.` is left aside when we guess what was meant. */
export const nodeTypeRule: SpecRule = ({ cacheNodeType }) => {
  if (cacheNodeType === undefined) return [];
  const guess = closestTo(withoutPrefix(cacheNodeType), KNOWN.map(withoutPrefix));
  return faultsOf('cacheNodeType', cacheNodeType, {
    broken: !isNodeType(cacheNodeType),
    rule: 'cacheNodeType is one of ElastiCache’s node types.',
    remedy: guess ? `Did you mean cache.${guess}?` : 'Write for example cache.r7g.large.',
  });
};

export const isNodeType = (nodeType: string): boolean => KNOWN.includes(nodeType);

/** The Region sells it: there are offerings to reserve such nodes (DescribeReservedCacheNodesOfferings), or there are not. */
export const offeredNodeTypeRule: AccountRule = ({ cacheNodeType }, { nodeTypeOffered }) =>
  cacheNodeType === undefined
    ? []
    : faultsOf('cacheNodeType', cacheNodeType, {
        broken: nodeTypeOffered === false,
        rule: `This Region offers no nodes of the type ${cacheNodeType}.`,
        remedy: 'Choose a node type that the Region has, for example of the r6g or m6g family.',
      });

const withoutPrefix = (nodeType: string): string => nodeType.replace(/^cache\./, '');
