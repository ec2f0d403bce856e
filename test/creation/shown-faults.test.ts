import { describe, expect, it } from 'vitest';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { shownFaults } from '../../functions/creation/shown-faults.ts';
import { aSpec } from '../builders/a-spec.ts';
import { anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const aFault = (path: string, value: unknown = 1) => ({ path, value, rule: 'A rule.', remedy: 'A remedy.' });

describe('faults', () => {
  it('are all shown when they are few and short', () => {
    const faults = [aFault('one'), aFault('two', { deep: true })];
    expect(shownFaults(faults)).toEqual(faults);
  });

  it('show the beginning of a long value', () => {
    const [fault] = shownFaults([aFault('long', 'x'.repeat(5000))]);
    expect(fault?.value).toBe(`${'x'.repeat(200)}…`);
  });

  it('of which there are very many fit into a state, and say how many they are', () => {
    const wild = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`nonsense${index}`, 'y'.repeat(200)]));
    const plan = planCreation({ ...aSpec(), ...wild }, anObservation(), termsToAct());
    expect(plan.reason).toBe('InvalidSpec');
    expect(plan.summary).toContain('700 faults');
    expect(plan.faults.at(-1)?.rule).toBe('There are 650 more faults than are shown.');
    // Step Functions quotas: 262,144 bytes; the plan is in the state beside other things.
    expect(JSON.stringify(plan).length).toBeLessThan(60_000);
  });
});
