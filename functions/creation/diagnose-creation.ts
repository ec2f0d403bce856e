import * as z from 'zod';
import type { Caches } from '../platform/caches.ts';
import { parse } from '../platform/parse.ts';
import { diagnose } from './diagnosis.ts';
import type { Evidence, FailedOrder, Read } from './evidence.ts';
import { gatherEvidence, type Witnesses } from './gather-evidence.ts';
import type { DiagnoseInput, DiagnoseOutput, Finding } from './schemas.ts';

interface Tools {
  readonly region: string;
  readonly caches: Pick<Caches, 'find'>;
  readonly witnesses: Witnesses;
}

/** What the diagnosis needs of CreateReplicationGroup's input, or of CreateCacheCluster's. */
const Order = z.looseObject({
  CacheNodeType: z.string(),
  NumNodeGroups: z.int().optional(),
  ReplicasPerNodeGroup: z.int().default(0),
  NumCacheClusters: z.int().default(1),
  NumCacheNodes: z.int().optional(),
  CacheSubnetGroupName: z.string().default('default'),
  SecurityGroupIds: z.array(z.string()).default([]),
  KmsKeyId: z.string().optional(),
});

/** It travels through the workflow's state and into the report, and shall stay below 20 kB there, in any script. */
const MOST_EVENTS = 10;
const MOST_OTHERS = 25;
const MOST_FINDINGS = 6;
const LONGEST_EVENT = 150;
const LONGEST_SAYING = 800;

/** Gathers what the account shows about a creation that failed, and says in words why it did. Changes nothing. */
export const diagnoseCreation = async (
  { cacheId, request, problem, orderedAt, now }: z.output<typeof DiagnoseInput>,
  { region, ...tools }: Tools,
): Promise<DiagnoseOutput> => {
  const wanted = parse(Order, request, 'the order of the cache');
  const order: FailedOrder = {
    cacheId,
    region,
    nodeType: wanted.CacheNodeType,
    nodes: nodesOf(wanted),
    clusterMode: wanted.NumNodeGroups !== undefined,
    subnetGroup: wanted.CacheSubnetGroupName,
    securityGroupIds: wanted.SecurityGroupIds,
    kmsKeyId: wanted.KmsKeyId,
    problem,
    orderedAt,
    now,
  };
  const evidence = await gatherEvidence(order, tools);
  const { diagnosis, findings } = diagnose(order, evidence);
  return {
    diagnosis: cut(diagnosis, LONGEST_SAYING),
    findings: shownFindings(findings),
    evidence: shown(evidence),
  };
};

const nodesOf = ({ NumCacheNodes, NumNodeGroups, ReplicasPerNodeGroup, NumCacheClusters }: z.output<typeof Order>) =>
  NumCacheNodes ?? (NumNodeGroups === undefined ? NumCacheClusters : NumNodeGroups * (1 + ReplicasPerNodeGroup));

/** The most telling ones and, always, the last: it says what could not be read. */
const shownFindings = (findings: readonly Finding[]): Finding[] => {
  const told =
    findings.length > MOST_FINDINGS ? [...findings.slice(0, MOST_FINDINGS - 1), ...findings.slice(-1)] : findings;
  return told.map(({ cause, says }) => ({ cause, says: cut(says, LONGEST_SAYING) }));
};

const shown = ({ events, subnets, securityGroupIds, ...rest }: Evidence): Record<string, unknown> => ({
  ...rest,
  events: shortened(events, (list) =>
    list.slice(0, MOST_EVENTS).map(({ message, ...event }) => ({ ...event, message: cut(message, LONGEST_EVENT) })),
  ),
  subnets: shortened(subnets, (list) => list?.slice(0, MOST_OTHERS) ?? null),
  securityGroupIds: shortened(securityGroupIds, (list) => list.slice(0, MOST_OTHERS)),
});

const shortened = <Value, Short>(read: Read<Value>, shorten: (value: Value) => Short): Read<Short> =>
  'value' in read ? { value: shorten(read.value) } : read;

const cut = (text: string, longest: number): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);
