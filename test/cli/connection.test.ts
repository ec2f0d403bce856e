import { describe, expect, it } from 'vitest';
import { nearestHome } from '../../cli/connection.ts';
import { goesOn } from '../../cli/run-workflow.ts';

describe('nearestHome', () => {
  const homes = ['/team/repository/.autopilot', '/team/repository/services/orders/.autopilot'];
  const from = (folder: string) => nearestHome((home) => homes.includes(home), folder);

  it.each([
    ['/team/repository', '/team/repository/.autopilot'],
    ['/team/repository/services', '/team/repository/.autopilot'],
    ['/team/repository/services/orders/specs', '/team/repository/services/orders/.autopilot'],
  ])('finds from %s the nearest account: %s', (folder, home) => expect(from(folder)).toBe(home));

  it.each(['/team', '/', '/team/repository-of-others'])('finds none from %s', (folder) => {
    expect(from(folder)).toBeUndefined();
  });
});

it('says to whoever stops watching that the operation goes on, and how to look at it', () => {
  expect(goesOn('operation-1', true)).toContain('goes on');
  expect(goesOn('operation-1', true)).toContain('npx autopilot explain operation-1 --local');
  expect(goesOn('operation-1', false)).toMatch(/explain operation-1$/);
});
