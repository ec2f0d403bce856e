import * as z from 'zod';
import { envelope, patternOf } from './event.ts';

const SOURCE = 'autopilot.requests';
const DETAIL_TYPE = 'CacheRequested';

/**
 * Somebody asks for a cache. Only the envelope is checked here: a request with faults reaches the workflow too, which
 * refuses it with all of them and reports that, so that whoever asked hears about it.
 */
export const cacheRequested = {
  detailType: DETAIL_TYPE,
  schema: envelope(
    SOURCE,
    DETAIL_TYPE,
    z.looseObject({
      spec: z.unknown().optional().describe('as functions/creation/spec.ts'),
      requestedBy: z.unknown().optional().describe('who asks, as text'),
      mode: z
        .unknown()
        .optional()
        .describe('observe, approve or act; it can only make the account’s policy more careful'),
    }),
  ),
  pattern: patternOf(SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '11111111-2222-4333-8444-555555555555',
    'detail-type': DETAIL_TYPE,
    source: SOURCE,
    account: '111122223333',
    time: '2026-11-21T07:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: {
      requestedBy: 'alice@example.com',
      mode: 'act',
      spec: {
        cacheId: 'orders',
        description: 'Orders of the shop',
        engine: 'redis',
        engineVersion: '7.1',
        cacheNodeType: 'cache.t4g.small',
        numNodeGroups: 3,
        replicasPerNodeGroup: 2,
        automaticFailoverEnabled: true,
        multiAZEnabled: true,
        transitEncryptionEnabled: true,
        authToken: { generate: true },
        deletionPolicy: 'Retain',
      },
    },
  },
};
