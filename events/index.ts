import { approvalRequested } from './approval-requested.ts';
import { cacheRemovalRequested } from './cache-removal-requested.ts';
import { cacheRequested } from './cache-requested.ts';
import { driftFound } from './drift-found.ts';
import { elastiCacheNotification } from './elasticache-notification.ts';
import { executionStatusChange } from './execution-status-change.ts';
import { gracePeriodBegun } from './grace-period-begun.ts';
import { incidentRaised } from './incident-raised.ts';
import { operationClosed } from './operation-closed.ts';

/** Every event on the bus that we hear or say, by detail type. */
export const busEvents = [
  approvalRequested,
  cacheRemovalRequested,
  cacheRequested,
  driftFound,
  elastiCacheNotification,
  executionStatusChange,
  gracePeriodBegun,
  incidentRaised,
  operationClosed,
];
