import { describe, expect, it } from 'vitest';
import type { Node } from '../../../local/engine/node.ts';
import { onEach, onEachInTurn } from '../../../local/engine/on-each.ts';

const aNode = (id: string, isRunning = true): Node => ({
  id,
  name: id,
  port: 0,
  logFile: '/nowhere',
  isRunning: () => isRunning,
  connectWith: () => undefined,
  ended: Promise.resolve('killed'),
  call: async () => 'OK',
  callBinary: async () => 'OK',
  kill: async () => undefined,
  residentBytes: () => 0,
});
const NODES = [aNode('one'), aNode('two', false), aNode('three'), aNode('four')];

describe.each([
  ['onEach', onEach],
  ['onEachInTurn', onEachInTurn],
])('%s', (name, carry) => {
  it('reaches every node that runs, also when one fails, and then tells why', async () => {
    const reached: string[] = [];
    const change = async ({ id }: Node) => {
      reached.push(id);
      if (id === 'one') throw new Error('one has no time');
    };
    await expect(carry(NODES, change)).rejects.toThrow('one has no time');
    expect(reached).toEqual(['one', 'three', 'four']);
  });

  it(`has ${name === 'onEach' ? 'several nodes' : 'one node'} at work at a time`, async () => {
    let atWork = 0;
    const seen: number[] = [];
    await carry(NODES, async () => {
      atWork += 1;
      await new Promise(setImmediate);
      seen.push(atWork);
      atWork -= 1;
    });
    expect(Math.max(...seen)).toBe(name === 'onEach' ? 3 : 1);
  });
});
