/** A secret to be made. */
export interface NewSecret {
  readonly name: string;
  readonly value: string;
  readonly description: string;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** 32–64 characters; the same token and value twice are one secret (CreateSecret, ClientRequestToken). */
  readonly requestToken: string;
}

/** GetRandomPassword's input. Letters and digits only: what all documents about AUTH tokens agree on. */
export const randomPasswordRequest = (lengthCharacters: number) => ({
  PasswordLength: lengthCharacters,
  ExcludePunctuation: true,
  IncludeSpace: false,
});

/** CreateSecret's input. */
export const newSecretRequest = ({ name, value, description, tags, requestToken }: NewSecret) => ({
  Name: name,
  Description: description,
  SecretString: value,
  ClientRequestToken: requestToken,
  Tags: [...tags],
});

/** The input of PutSecretValue for a version that is the current one at once. */
export const newVersionRequest = (name: string, { id, value }: { readonly id: string; readonly value: string }) => ({
  SecretId: name,
  SecretString: value,
  ClientRequestToken: id,
  VersionStages: ['AWSCURRENT'],
});

/** RestoreSecret's input. */
export const restoreSecretRequest = (name: string) => ({ SecretId: name });
