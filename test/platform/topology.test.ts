import { describe, expect, it } from 'vitest';
import { addressOf, liveShards, replicationOf } from '../../functions/platform/topology.ts';

const saying = (answer: unknown) => ({ close: () => undefined, command: async () => answer });
const ASKED = { host: 'orders.example.com', port: 6379 };
const shardsIn = (answer: unknown) => liveShards(saying(answer), ASKED);

describe('liveShards', () => {
  it('puts the ranges of one primary together, with its replicas, in the order of the slots', async () => {
    const one = ['10.0.0.1', 6379, 'id-1', []];
    const two = ['10.0.0.2', 6380, 'id-2', []];
    const replica = ['10.0.0.3', 6379, 'id-3', []];
    expect(
      await shardsIn([
        [9000, 16_383, two],
        [0, 100, one, replica],
        [200, 8999, one, replica],
        [101, 199, two],
      ]),
    ).toEqual([
      {
        primary: { host: '10.0.0.1', port: 6379 },
        replicas: [{ host: '10.0.0.3', port: 6379 }],
        slots: [
          [0, 100],
          [200, 8999],
        ],
      },
      {
        primary: { host: '10.0.0.2', port: 6380 },
        replicas: [],
        slots: [
          [9000, 16_383],
          [101, 199],
        ],
      },
    ]);
  });

  it('takes an empty host for the node that was asked', async () => {
    for (const nobody of ['', null]) {
      const [shard] = await shardsIn([[0, 16_383, [nobody, 6379, 'id']]]);
      expect(shard && addressOf(shard.primary)).toBe('orders.example.com:6379');
    }
  });

  it('knows of no shards where none has slots', async () => expect(await shardsIn([])).toEqual([]));

  it.each<[string, unknown]>([
    ['a text', 'OK'],
    ['nothing', null],
    ['no ranges', ['x']],
    ['ranges without a node', [[0, 16_383]]],
    ['slots that are no numbers', [['a', 'b', ['10.0.0.1', 6379]]]],
    ['a port that is no number', [[0, 16_383, ['10.0.0.1', 'x']]]],
    ['a node that is none', [[0, 16_383, 'node']]],
  ])('takes %s for no answer', async (_, answer) => {
    await expect(shardsIn(answer)).rejects.toMatchObject({ name: 'Unreachable' });
  });
});

describe('replicationOf', () => {
  const told = (...lines: readonly string[]) => replicationOf(saying(['# Replication', ...lines, ''].join('\r\n')));
  const REPLICA = ['role:slave', 'master_link_status:up', 'master_last_io_seconds_ago:1', 'master_sync_in_progress:0'];
  const but = (change: string) => REPLICA.map((line) => (line.split(':')[0] === change.split(':')[0] ? change : line));

  it('counts the replicas that are in step', async () => {
    expect(
      await told(
        'role:master',
        'connected_slaves:4',
        'slave0:ip=10.0.0.1,port=6379,state=online,offset=14,lag=0',
        'slave1:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=0',
        'slave2:ip=10.0.0.3,port=6379,state=send_bulk,offset=0,lag=0',
        'slave10:ip=10.0.0.4,port=6379,state=online,offset=14,lag=1',
      ),
    ).toEqual({ role: 'master', onlineReplicas: 2, inStep: false });
  });

  it('knows a replica that is in step', async () => {
    expect(await told(...REPLICA)).toEqual({ role: 'slave', onlineReplicas: 0, inStep: true });
    expect((await told(...but('master_last_io_seconds_ago:15'))).inStep).toBe(true);
  });

  it.each([
    'master_link_status:down',
    'master_link_status:',
    'master_sync_in_progress:1',
    'master_sync_in_progress:',
    'master_last_io_seconds_ago:16',
    'master_last_io_seconds_ago:-1',
    'master_last_io_seconds_ago:',
    'master_last_io_seconds_ago:long',
  ])('takes a replica with %s for one that is not', async (line) => {
    expect((await told(...but(line))).inStep).toBe(false);
  });

  it('takes what is not said the careful way', async () => {
    for (const missing of REPLICA.slice(1)) {
      expect((await told(...REPLICA.filter((line) => line !== missing))).inStep).toBe(false);
    }
    expect(await told()).toEqual({ role: 'unknown', onlineReplicas: 0, inStep: false });
    expect(await replicationOf(saying(null))).toMatchObject({ role: 'unknown', inStep: false });
  });
});
