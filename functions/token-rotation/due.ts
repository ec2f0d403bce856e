const DAY_MS = 86_400_000;

export interface RotationAge {
  /** ISO 8601, UTC: the only clock. */
  readonly observedAt: string;
  /** When the token or the password was last changed, as far as anybody tells. */
  readonly changedAt?: string | undefined;
  /** The newest rotation of it by us that has ended. */
  readonly last?: { readonly operationId: string; readonly outcome: string } | undefined;
}

/** Why a rotation is due, as part of a sentence; undefined when none is. */
export const dueBecause = ({ observedAt, changedAt, last }: RotationAge, everyDays: number): string | undefined => {
  // What was undone has changed the token's age as well, and not the token.
  if (last?.outcome === 'failed' || last?.outcome === 'undone')
    return `its last rotation, ${last.operationId}, did not come to its end`;
  if (changedAt === undefined) return 'nobody tells how old it is';
  const days = (Date.parse(observedAt) - Date.parse(changedAt)) / DAY_MS;
  return days >= everyDays ? `it is ${Math.floor(days)} days old, and ${everyDays} are allowed` : undefined;
};
