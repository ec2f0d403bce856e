import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { DELETION_REASONS } from '../../functions/creation/deletion-schemas.ts';
import { CREATION_REASONS, FINDING_CAUSES } from '../../functions/creation/schemas.ts';
import { DRILL_REASONS, VERDICTS } from '../../functions/failover-drill/schemas.ts';
import * as operatorActions from '../../functions/platform/operator-actions.ts';
import { ROTATION_REASONS } from '../../functions/token-rotation/schemas.ts';

const runbook = readFileSync(path.resolve(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const sections = new Map(
  runbook.split(/^### /m).map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);

it.each([
  ...CREATION_REASONS,
  ...DELETION_REASONS,
  ...FINDING_CAUSES,
  ...DRILL_REASONS,
  ...VERDICTS,
  'DidNotHeal',
  'HealingUnknown',
  'DrillUnderWay',
  'FailoverNotSeen',
  'AlarmDuringDrill',
  'NotAllLookedAt',
  ...ROTATION_REASONS,
  'Rotated',
  'RotatedUnwatched',
  'RotationFinished',
  'ConnectionsLost',
  'NotBroughtIn',
  'NotRetired',
  'GracePeriod',
  'NotAllStarted',
  ...operatorActions.OPERATOR_ACTIONS,
  'Abandoned',
])('the runbook says what %s means, what to check and what to do', (word) => {
  for (const part of ['**Meaning.**', '**Check.**', '**Action.**']) expect(sections.get(word)).toContain(part);
});

it('lists every operator action, each under its own name', () => {
  const classes = Object.values(operatorActions).filter((value) => typeof value === 'function');
  expect(classes.map((Action) => new Action('').name)).toEqual([...operatorActions.OPERATOR_ACTIONS]);
  expect(classes.map(({ name }) => name)).toEqual([...operatorActions.OPERATOR_ACTIONS]);
});
