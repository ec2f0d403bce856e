import dns, { type LookupAddress } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openNode } from '../../../functions/failover-drill/probe/connection.ts';
import { createSharedLookup } from '../../../functions/failover-drill/probe/shared-lookup.ts';
import { aScriptedEndpoint } from '../../builders/a-scripted-endpoint.ts';

const ONE: LookupAddress = { address: '10.0.0.1', family: 4 };
const TWO: LookupAddress = { address: '10.0.0.2', family: 4 };

/** A system whose answers come when we say so. */
const aSystem = () => {
  const questions: { readonly hostname: string; readonly answer: PromiseWithResolvers<LookupAddress[]> }[] = [];
  const lookup = createSharedLookup((hostname) => {
    const answer = Promise.withResolvers<LookupAddress[]>();
    questions.push({ hostname, answer });
    return answer.promise;
  });
  const ask = (hostname: string, all = true) =>
    new Promise<unknown>((resolve) => {
      lookup(hostname, { all }, (error, address) => resolve(error ? error.code : address));
    });
  return { questions, ask };
};

describe('createSharedLookup', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks once for all who want the same name at the same time', async () => {
    const { questions, ask } = aSystem();
    const asked = [ask('orders'), ask('orders'), ask('sessions'), ask('orders', false)];
    expect(questions.map(({ hostname }) => hostname)).toEqual(['orders', 'sessions']);
    questions[0]?.answer.resolve([ONE, TWO]);
    questions[1]?.answer.resolve([TWO]);
    expect(await Promise.all(asked)).toEqual([[ONE, TWO], [ONE, TWO], [TWO], ONE.address]);
  });

  it('asks again when it has been told: a name moves', async () => {
    const { questions, ask } = aSystem();
    const first = ask('orders');
    questions[0]?.answer.resolve([ONE]);
    expect(await first).toEqual([ONE]);
    const second = ask('orders');
    questions[1]?.answer.resolve([TWO]);
    expect(await second).toEqual([TWO]);
  });

  it('does not wait for an answer that was lost, and takes none that comes behind the next', async () => {
    const { questions, ask } = aSystem();
    const lost = ask('orders');
    await vi.advanceTimersByTimeAsync(499);
    const late = ask('orders');
    expect(questions).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all([lost, late])).toEqual(['EAI_AGAIN', 'EAI_AGAIN']);
    const again = ask('orders');
    expect(questions).toHaveLength(2);
    questions[0]?.answer.resolve([ONE]);
    questions[1]?.answer.resolve([TWO]);
    expect(await again).toEqual([TWO]);
  });

  it('tells why a name is not known, and asks again', async () => {
    const { questions, ask } = aSystem();
    const first = ask('orders');
    questions[0]?.answer.reject(Object.assign(new Error('No.'), { code: 'ENOTFOUND' }));
    expect(await first).toBe('ENOTFOUND');
    void ask('orders');
    expect(questions).toHaveLength(2);
  });

  it('has no address of a name without one', async () => {
    const { questions, ask } = aSystem();
    const asked = ask('orders', false);
    questions[0]?.answer.resolve([]);
    expect(await asked).toBe('EAI_AGAIN');
  });
});

it('is used by all connections of the prober', async () => {
  const endpoint = await aScriptedEndpoint();
  const lookup = vi.spyOn(dns, 'lookup');
  try {
    const node = { host: 'localhost', port: endpoint.target.endpoint.port, tls: false };
    const opened = await Promise.all(Array.from({ length: 16 }, () => openNode(node, {}, AbortSignal.timeout(5000))));
    expect(await Promise.all(opened.map((connection) => connection.call('PING')))).toEqual(Array(16).fill('PONG'));
    for (const connection of opened) connection.close();
    expect(lookup).toHaveBeenCalledTimes(1);
  } finally {
    lookup.mockRestore();
    await endpoint.stop();
  }
});
