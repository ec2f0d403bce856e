import { describe, expect, it, vi } from 'vitest';
import { untilEnded } from '../../functions/token-rotation/until-ended.ts';

describe('untilEnded', () => {
  it('ends with the first reason it hears, and asks no more', async () => {
    const ask = vi.fn<() => Promise<'told' | undefined>>();
    ask.mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('busy')).mockResolvedValue('told');
    expect(await untilEnded(ask, 60_000, 1)).toBe('told');
    const asked = ask.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ask).toHaveBeenCalledTimes(asked);
    expect(asked).toBe(3);
  });

  it('ends when the time is over, also when nobody answers', async () => {
    for (const answer of [async () => undefined, () => new Promise<undefined>(() => undefined)]) {
      for (const limitMs of [-1, 0, 5]) expect(await untilEnded(answer, limitMs, 1)).toBe('time-limit');
    }
  });
});
