/** What ModifyUser can change of a user. Passwords are kept as SHA-256 only. */
export interface UserSettings {
  readonly engine: 'redis' | 'valkey';
  readonly accessString: string;
  readonly passwordHashes: readonly string[];
  readonly noPasswordRequired: boolean;
}

/** A user of the RBAC model. */
export interface User {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  status: 'active' | 'modifying' | 'deleting';
  /** What the nodes know. */
  settings: UserSettings;
  /** What they will know when the change is done. The API shows it already, as the example of ModifyUser does. */
  coming?: UserSettings;
  /** Account time (ms) until which Describe shows the user as before its change. */
  staleUntil?: number;
  readonly tags: Map<string, string>;
}

export interface UserGroup {
  readonly id: string;
  readonly arn: string;
  engine: 'redis' | 'valkey';
  status: 'creating' | 'active' | 'modifying' | 'deleting';
  userIds: readonly string[];
  /** What `userIds` will be when the change is done. */
  pending?: { readonly toAdd: readonly string[]; readonly toRemove: readonly string[] };
  /** As of a user. */
  staleUntil?: number;
  readonly tags: Map<string, string>;
}

/** Whether Describe still shows a user or a group as it was: active, with nothing pending. */
export const isStale = ({ staleUntil = 0 }: Pick<User, 'staleUntil'>, now: number): boolean => now < staleUntil;
