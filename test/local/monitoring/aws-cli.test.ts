import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMonitoring } from '../../../local/services/monitoring/monitoring.ts';
import { type AWorld, aWorld, operator } from '../../builders/a-world.ts';

const awsCli = (() => {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
})();

/** Each call starts a Python: seconds on a busy machine. */
const SLOW = { timeout: 90_000 };

describe.skipIf(!awsCli)('the Python AWS CLI (skipped where there is no aws on PATH)', SLOW, () => {
  let world: AWorld;
  beforeAll(async () => {
    world = await aWorld({ services: [createMonitoring] });
  });
  afterAll(() => world.close());

  const aws = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('aws', ['cloudwatch', ...args, '--output', 'json'], {
      env: { ...process.env, ...world.environmentFor(operator, 'us-east-1') },
    });
    return stdout ? JSON.parse(stdout) : undefined;
  };

  it('puts a metric and reads its statistics', async () => {
    const metric = ['--namespace', 'Mine', '--metric-name', 'Depth'];
    await aws('put-metric-data', ...metric, '--value', '7', '--unit', 'Count', '--dimensions', 'Queue=a');
    const at = (ms: number) => new Date(world.clock.now() + ms).toISOString();
    const { Datapoints } = await aws(
      ...['get-metric-statistics', ...metric, '--dimensions', 'Name=Queue,Value=a', '--statistics', 'Sum'],
      ...['--start-time', at(-3_600_000), '--end-time', at(60_000), '--period', '60'],
    );
    expect(Datapoints).toMatchObject([{ Sum: 7, Unit: 'Count' }]);
  });

  it('makes an alarm, sets its state and reads its history', async () => {
    await aws(
      ...['put-metric-alarm', '--alarm-name', 'full', '--namespace', 'Mine', '--metric-name', 'Depth'],
      ...['--extended-statistic', 'p99', '--period', '60', '--evaluation-periods', '3', '--datapoints-to-alarm', '2'],
      ...['--threshold', '10.5', '--comparison-operator', 'GreaterThanThreshold', '--tags', 'Key=owner,Value=a'],
    );
    await aws('set-alarm-state', '--alarm-name', 'full', '--state-value', 'ALARM', '--state-reason', 'a test');
    const { MetricAlarms } = await aws('describe-alarms', '--alarm-names', 'full');
    expect(MetricAlarms).toMatchObject([
      { StateValue: 'ALARM', Threshold: 10.5, ExtendedStatistic: 'p99', DatapointsToAlarm: 2 },
    ]);
    const { AlarmHistoryItems } = await aws('describe-alarm-history', '--history-item-type', 'StateUpdate');
    expect(AlarmHistoryItems).toMatchObject([
      { AlarmName: 'full', HistorySummary: 'Alarm updated from INSUFFICIENT_DATA to ALARM' },
    ]);
  });

  it('is told what the local account does not emulate', async () => {
    const composite = aws('put-composite-alarm', '--alarm-name', 'both', '--alarm-rule', 'ALARM(full)');
    await expect(composite).rejects.toThrow('NotImplemented');
  });
});
