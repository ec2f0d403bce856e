/** A user of the RBAC model. Passwords are kept as SHA-256 only. */
export interface User {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  engine: 'redis' | 'valkey';
  status: 'active' | 'modifying' | 'deleting';
  accessString: string;
  passwordHashes: readonly string[];
  noPasswordRequired: boolean;
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
  readonly tags: Map<string, string>;
}
