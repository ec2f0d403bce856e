import { describe, expect, it } from 'vitest';
import { startClock } from '../../local/clock.ts';

describe('startClock', () => {
  it('starts at the present and runs as fast as asked', async () => {
    const clock = startClock(1000);
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(2000);
    // Not a timed test: the account's seconds lie between what the real clock shows just inside and just outside of them.
    const outside = performance.now();
    const began = clock.now();
    const inside = performance.now();
    await clock.sleep(30_000);
    const insideMs = performance.now() - inside;
    const accountMs = clock.now() - began;
    const outsideMs = performance.now() - outside;
    expect(accountMs).toBeGreaterThanOrEqual(30_000);
    expect(accountMs / 1000).toBeGreaterThanOrEqual(insideMs);
    expect(accountMs / 1000).toBeLessThanOrEqual(outsideMs);
  });

  it('fires what was asked for first, first', async () => {
    const clock = startClock(10_000);
    const fired: string[] = [];
    clock.after(200_000, () => fired.push('later'));
    clock.after(100_000, () => fired.push('sooner'));
    const cancel = clock.after(150_000, () => fired.push('never'));
    cancel();
    await clock.sleep(400_000);
    expect(fired).toEqual(['sooner', 'later']);
  });

  it('sleeps longer than one timer can', async () => {
    const clock = startClock(1);
    let fired = false;
    const cancel = clock.after(3_000_000_000, () => {
      fired = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fired).toBe(false);
    cancel();
  });

  it('ends a sleep with the reason of the signal', async () => {
    const stop = new AbortController();
    const sleeping = startClock(1).sleep(60_000, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(sleeping).rejects.toThrow('stopped');
    await expect(startClock(1).sleep(1, stop.signal)).rejects.toThrow('stopped');
  });

  it.each([0, 0.5, -1, Number.NaN])('refuses the speed %s', (speed) => {
    expect(() => startClock(speed)).toThrow(RangeError);
  });
});
