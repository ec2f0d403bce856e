import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { World } from '../../service.ts';
import type { Logging, StateMachine } from './state-machines.ts';
import { withoutData } from './without-data.ts';

/** Which events a level writes (Step Functions guide, Log levels). */
const WRITTEN: Readonly<Record<Logging['level'], (type: string) => boolean>> = {
  ALL: () => true,
  ERROR: (type) => /(Failed|TimedOut|Aborted)$/.test(type) || type === 'FailStateEntered',
  FATAL: (type) => /^Execution(Failed|TimedOut|Aborted)$/.test(type),
  OFF: () => false,
};

/**
 * Writes histories to `logs/states/<machine>.log` as the machine's LoggingConfiguration says, one JSON object a line,
 * with the members that Step Functions writes to CloudWatch Logs.
 */
export const createExecutionLog =
  (world: Pick<World, 'log'>) =>
  ({ name, logging }: StateMachine, event: HistoryEvent, executionArn: string): void => {
    const {
      id,
      type = '',
      previousEventId,
      timestamp,
      ...members
    } = logging.includeExecutionData ? event : withoutData(event);
    if (!WRITTEN[logging.level](type)) return;
    const [details = {}] = Object.values(members);
    const line = {
      id: String(id),
      type,
      details,
      previous_event_id: String(previousEventId),
      event_timestamp: String(timestamp?.getTime()),
      execution_arn: executionArn,
    };
    world.log(`states/${name}`, JSON.stringify(line));
  };
