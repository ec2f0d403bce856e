import { readdirSync } from 'node:fs';
import path from 'node:path';
import { SFNClient } from '@aws-sdk/client-sfn';
import { listCaches } from '../../caches.ts';
import { apply, readSpec } from '../../commands/create.ts';
import { lookAt } from '../../follow.ts';
import type { Result } from '../../outcome.ts';
import type { CacheView } from '../../report/report.ts';
import { newOperationId } from '../../run-workflow.ts';
import { useCache } from '../application.ts';
import type { Chapter } from '../chapter.ts';

const WORKFLOW = 'create-cache';
const specFolder = path.join(import.meta.dirname, '..', 'specs');

/** The sample fleet is created from its specifications, side by side, and used as an application would. */
export const creation: Chapter = {
  title: 'Creation',
  async tell({ connection, authorityFile, say }) {
    const specs = readdirSync(specFolder).map((file) => readFleetSpec(path.join(specFolder, file)));
    const results = await Promise.all(
      specs.map(async ({ cacheId, spec }) => {
        const operationId = newOperationId(WORKFLOW, cacheId);
        const onStep = ({ name }: { name: string }) => say(cacheId, name);
        const result = await apply(connection, spec, { wait: true, onStep, operationId });
        say(cacheId, `${result.outcome}: ${result.summary}`);
        return result;
      }),
    );

    const states = new SFNClient({ region: connection.region });
    const executions = await Promise.all(
      results.flatMap(({ operationId }) => [
        lookAt(states, connection.executionArn(WORKFLOW, operationId)),
        // A workflow that failed early never waited for the cache.
        lookAt(states, connection.executionArn('settle', `${operationId}-settle`)).catch(() => undefined),
      ]),
    );
    const caches: CacheView[] = [];
    const sentences = results.map(({ summary }) => summary);
    for (const cache of await listCaches(connection.region)) {
      const seen = await useCache(cache, connection.region, authorityFile);
      const sentence = `An application wrote and read ${seen.keys} keys of ${cache.id} over TLS with its token, through ${seen.endpoints.join(' and ')}.`;
      say(cache.id, sentence);
      sentences.push(sentence);
      caches.push(viewOf(cache, seen.primaries, results));
    }
    return {
      succeeded: results.every(({ outcome }) => outcome === 'done'),
      caches,
      view: { title: 'Creation', sentences, executions: executions.filter((execution) => execution !== undefined) },
    };
  },
};

const readFleetSpec = (file: string): { cacheId: string; spec: unknown } => {
  const read = readSpec(file);
  if ('faults' in read) throw new Error(`${file}: ${read.faults.map(({ rule }) => rule).join(' ')}`);
  return { cacheId: String((read.spec as { cacheId: unknown }).cacheId), spec: read.spec };
};

type Listed = Awaited<ReturnType<typeof listCaches>>[number];

const viewOf = (cache: Listed, primaries: ReadonlySet<string>, results: readonly Result[]): CacheView => {
  const cost = results.find(({ cacheId }) => cacheId === cache.id)?.plan?.monthlyCostUsd;
  const isPrimary = (node: Listed['shards'][number]['nodes'][number]) =>
    node.role === 'primary' || (node.address !== undefined && primaries.has(node.address));
  return {
    id: cache.id,
    engine: `${cache.engine} ${cache.engineVersion}`,
    nodeType: cache.nodeType,
    clusterMode: cache.clusterMode,
    tls: cache.tls,
    authRequired: cache.authRequired,
    status: cache.status,
    endpoint: cache.endpoints.configuration ?? cache.endpoints.primary ?? '',
    shards: cache.shards.map(({ id, slots, nodes }) => ({
      id,
      slots,
      primary: nodes.find(isPrimary)?.id ?? 'unknown',
      replicas: nodes.filter((node) => !isPrimary(node)).map((node) => node.id),
    })),
    ...(cost === null || cost === undefined ? {} : { monthlyCostUsd: cost }),
  };
};
