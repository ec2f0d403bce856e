import { describe, expect, it } from 'vitest';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

describe('a cache that runs a newer version than its specification says', () => {
  const versions: Observation['engineVersions'] = [
    { version: '7.2', family: 'valkey7' },
    { version: '8.0', family: 'valkey8' },
    { version: '8.1', family: 'valkey8' },
  ];
  const planFor = (spec: Record<string, unknown>, cache: Partial<CacheSeen>, seen: Partial<Observation> = {}) =>
    planCreation(
      aSpec({ engine: 'valkey', engineVersion: '8.0', parameters: undefined, ...spec }),
      anObservation({
        cache: aCache({
          ...{ engine: 'valkey', engineVersion: '8.1.0', autoMinorVersionUpgrade: true },
          ...{ parameterGroup: 'default.valkey8.cluster.on', ...cache },
        }),
        engineVersions: versions,
        secret: {
          arn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:autopilot/orders',
          deletionScheduled: false,
        },
        ...seen,
      }),
      termsToAct(),
    );

  it.each([
    ['as specified', { autoMinorVersionUpgrade: true }],
    ['by its own default', {}],
  ])('is as specified where ElastiCache upgrades minor versions %s, and the plan warns of it', (_how, spec) => {
    const plan = planFor(spec, {});
    expect(plan).toMatchObject({ action: 'keep', reason: 'AlreadyAsSpecified', differences: [] });
    expect(plan.warnings).toEqual([
      {
        path: 'engineVersion',
        value: '8.0',
        rule: 'orders runs valkey 8.1.0 by now, since ElastiCache upgrades minor versions by itself.',
        remedy: 'Write engineVersion: "8.1", so that the specification says what is there.',
      },
    ]);
  });

  it('is still changed in what else differs', () => {
    const plan = planFor({ snapshotWindow: '01:00-02:00' }, {});
    expect(plan).toMatchObject({ action: 'change', reason: 'CacheDiffers' });
    expect(plan.steps.map(({ fields }) => fields)).toEqual([['snapshotWindow']]);
  });

  it('is told to write the version where minor versions are not upgraded by themselves', () => {
    const plan = planFor({ autoMinorVersionUpgrade: false }, { autoMinorVersionUpgrade: false });
    expect(plan).toMatchObject({ action: 'refuse', reason: 'NeedsReplacement' });
    expect(plan.faults[0]?.remedy).toMatch(/^Write engineVersion: "8.1"/);
    expect(plan.warnings).toEqual([]);
  });

  it('is told to write it also where somebody wants to go back to the version before', () => {
    const plan = planFor({}, {}, { remembered: aSpec({ engineVersion: '8.1' }) });
    expect(plan).toMatchObject({ action: 'refuse', reason: 'NeedsReplacement', warnings: [] });
    expect(plan.faults[0]?.remedy).toMatch(/^Write engineVersion: "8.1"/);
    expect(planFor({}, {}, { remembered: aSpec({ engineVersion: '8.0' }) }).action).toBe('keep');
  });

  it('needs another cache where its major version would have to go back', () => {
    const plan = planFor({ engineVersion: '7.2' }, {});
    expect(plan).toMatchObject({ action: 'refuse', reason: 'NeedsReplacement' });
    expect(plan.faults[0]?.remedy).toMatch(/^Take a snapshot/);
    expect(plan.warnings).toEqual([]);
  });
});
