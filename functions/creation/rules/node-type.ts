import { closestTo } from '../closest.ts';
import { faultsOf, type SpecRule } from './rule.ts';

const LARGE_TO_16 = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'];

/** The node types that ElastiCache sells for Redis OSS and Valkey (ElastiCache guide, "Supported node types", 2026). */
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

/** The node type is one that ElastiCache has. Data tiering (r6gd) has limits of its own and is not created here. */
export const nodeTypeRule: SpecRule = ({ cacheNodeType }) => {
  if (cacheNodeType === undefined) return [];
  const known = KNOWN.includes(cacheNodeType);
  const guess = closestTo(cacheNodeType, KNOWN);
  return faultsOf(
    'cacheNodeType',
    cacheNodeType,
    {
      broken: !known,
      rule: 'cacheNodeType is one of ElastiCache’s node types.',
      remedy: guess ? `Did you mean ${guess}?` : 'Write for example cache.r7g.large.',
    },
    {
      broken: known && cacheNodeType.startsWith('cache.r6gd.'),
      rule: 'Nodes with data tiering (r6gd) are not created by the autopilot.',
      remedy: 'Choose the r6g or r7g family.',
    },
  );
};
