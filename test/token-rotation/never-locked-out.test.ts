import { describe, expect, it } from 'vitest';
import { aRotationWorld } from './model/a-rotation-world.ts';
import { faultsOfEnd } from './model/never.ts';

const SERVICE = {
  rotateLast: 'refused',
  rotateOlder: 'becomes the last',
  lagSeconds: 20,
  tellsChangeAt: 'end',
  userShowsAtCache: true,
} as const;

describe('a rotation', () => {
  it.each(['token', 'user'] as const)('is done when nothing goes wrong, and only the new %s is valid', async (what) => {
    const world = aRotationWorld({ what, service: SERVICE, nodes: 3, changeSeconds: 300 });
    const ended = await world.run();
    expect(ended).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    expect([...(await faultsOfEnd(world, ended)), ...world.broken]).toEqual([]);
  });
});
