import { isExpression } from '../expression.ts';
import type { Report } from './problem.ts';
import { eachState, type PlacedFlow } from './walk.ts';

const TOKEN = '.waitForTaskToken';

/** Fields that only fit together, and house rules that no schema says. */
export const checkFields = (
  machine: PlacedFlow,
  report: Report,
  isKnownResource: (resource: string) => boolean,
): void => {
  eachState(machine, (state, path) => {
    if (state.Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) {
      report(path, 'A Wait needs either Seconds or Timestamp, and not both.');
    }
    if (state.Type === 'Map') {
      const tolerates = state.ToleratedFailureCount !== undefined || state.ToleratedFailurePercentage !== undefined;
      if (tolerates && state.ItemProcessor.ProcessorConfig.Mode === 'INLINE') {
        report(path, 'Only a DISTRIBUTED Map tolerates failures; an INLINE one fails with its first.');
      }
    }
    if (state.Type !== 'Task') return;
    const { Resource, TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
    if (isExpression(Resource)) report(`${path}/Resource`, 'A Resource is an ARN; it cannot be an expression.');
    else if (!isKnownResource(Resource)) report(`${path}/Resource`, `The resource ${Resource} is not recognized.`);
    // AWS would wait for 99,999,999 s; this house wants every task to end.
    if (timeout === undefined) report(path, 'The task has no TimeoutSeconds: it could hang for three years.');
    if (heartbeat !== undefined && !Resource.endsWith(TOKEN)) {
      report(path, `HeartbeatSeconds means something only with ${TOKEN}: nobody else sends heartbeats.`);
    }
    if (typeof heartbeat === 'number' && typeof timeout === 'number' && heartbeat >= timeout) {
      report(path, 'HeartbeatSeconds has to be smaller than TimeoutSeconds.');
    }
    if (Resource.endsWith(TOKEN) && !JSON.stringify(state.Arguments ?? null).includes('$states.context.Task.Token')) {
      report(path, `The task waits for its token but its Arguments pass $states.context.Task.Token to nobody.`);
    }
  });
};
