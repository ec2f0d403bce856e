import { mayAssume } from '../../authorization/trust.ts';
import { ServiceError, type World } from '../../service.ts';
import { readExpression, type Timing } from './expression.ts';
import { InvalidExpression } from './invalid-expression.ts';
import { groupArn, type ScheduleSettings } from './schedule.ts';

export const SCHEDULER = 'scheduler.amazonaws.com';

/** A start date may lie this far back (answer of the service, with these minutes in its sentence). */
const BACKDATED_MS = 5 * 60_000;
/** Targets by the service in their ARN; Scheduler calls all of these "templated". */
const TAKES_JSON: Readonly<Record<string, boolean>> = {
  lambda: true,
  states: true,
  events: true,
  sqs: false,
  sns: false,
};

const invalid = (message: string) => new ServiceError('ValidationException', message);
const notHere = (what: string) =>
  new ServiceError('NotImplemented', `The local account does not emulate ${what} yet.`, 501);

/** On whose behalf Scheduler assumes a role: the group's, not the schedule's (guide, "Confused deputy prevention"). */
export const onBehalfOf = (world: World, region: string, group: string) => ({
  'aws:SourceArn': groupArn(world.accountId, region, group),
  'aws:SourceAccount': world.accountId,
});

/**
 * Checks what Scheduler checks before it makes or changes a schedule; whether its target is there is not among it.
 *
 * @returns when the schedule is due
 * @throws ServiceError ValidationException; NotImplemented for targets that the local account does not have
 */
export const checkSchedule = async (world: World, region: string, settings: ScheduleSettings): Promise<Timing> => {
  const timing = readTiming(settings);
  checkDates(settings, timing, world.clock.now());
  checkTarget(settings.Target);
  const role = world.roles.get(settings.Target.RoleArn);
  if (await mayAssume(role, [SCHEDULER], onBehalfOf(world, region, settings.GroupName))) return timing;
  const message = 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.';
  throw invalid(`${message} (${settings.Target.RoleArn})`);
};

const readTiming = ({ ScheduleExpression: expression, ScheduleExpressionTimezone: timeZone }: ScheduleSettings) => {
  try {
    return readExpression(expression, timeZone);
  } catch (error) {
    if (!(error instanceof InvalidExpression)) throw error;
    throw invalid(`Invalid Schedule Expression ${expression}: ${error.message}.`);
  }
};

const checkDates = ({ StartDate, EndDate, ScheduleExpression }: ScheduleSettings, timing: Timing, now: number) => {
  if (timing.kind === 'at') {
    if (timing.nextAfter(now, now) !== undefined) return;
    throw invalid(`Invalid Schedule Expression ${ScheduleExpression}: it lies in the past.`);
  }
  if (StartDate && StartDate.getTime() < now - BACKDATED_MS) {
    throw invalid('The StartDate you specify cannot be earlier than 5 minutes ago.');
  }
  if (EndDate && EndDate.getTime() <= now) throw invalid('The EndDate you specify cannot be in the past.');
  if (StartDate && EndDate && StartDate >= EndDate) {
    throw invalid('The StartDate you specify must come before the EndDate.');
  }
};

const checkTarget = ({ Arn, Input, EventBridgeParameters, DeadLetterConfig }: ScheduleSettings['Target']) => {
  const [, , service = '', , , name = ''] = Arn.split(':');
  if (service === 'scheduler') throw notHere(`universal targets of schedules (${Arn})`);
  const takesJson = TAKES_JSON[service];
  if (takesJson === undefined) throw notHere(`schedules with the target ${Arn}`);
  if (Arn.endsWith('.fifo') || DeadLetterConfig?.Arn.endsWith('.fifo')) throw notHere('schedules with FIFO queues');
  if (DeadLetterConfig && !/^arn:aws:sqs:[^:]+:\d{12}:[\w-]+$/.test(DeadLetterConfig.Arn)) {
    throw invalid(`A dead-letter queue is an SQS queue, not ${DeadLetterConfig.Arn}.`);
  }
  const isBus = service === 'events';
  if (isBus !== (EventBridgeParameters !== undefined)) {
    const message = isBus ? `The target ${Arn} needs EventBridgeParameters` : `${name} takes no EventBridgeParameters`;
    throw invalid(`${message}: they are for event buses.`);
  }
  if (takesJson && Input !== undefined && !isJson(Input))
    throw invalid(`Invalid Input for the target ${Arn}: not JSON.`);
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
