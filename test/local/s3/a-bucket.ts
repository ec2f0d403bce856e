import {
  CreateBucketCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { createAuthorizer } from '../../../local/authorization/authorizer.ts';
import type { PolicyDocument, Principal, Service } from '../../../local/service.ts';
import { createS3 } from '../../../local/services/s3/s3.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

export interface AnS3 {
  readonly world: AWorld;
  readonly service: Service;
  /** A client of the operator, in us-east-1. */
  readonly s3: S3Client;
  /** A new bucket's name. */
  aBucket(): Promise<string>;
  put(more: Partial<PutObjectCommandInput> & { Bucket: string }): Promise<unknown>;
  /** An object's bytes, as Latin-1, and the rest of the answer. */
  get(more: Partial<GetObjectCommandInput> & { Bucket: string }): Promise<{ text: string; [member: string]: unknown }>;
  /** A client of a role that may do this and no more. */
  roleClient(...statements: readonly Record<string, unknown>[]): S3Client;
  close(): Promise<void>;
}

/** S3 alone in an account, judged by IAM as on AWS. @param speed account seconds per real second */
export const anS3 = async ({ speed = 1 }: { readonly speed?: number } = {}): Promise<AnS3> => {
  let judge: ReturnType<typeof createAuthorizer> | undefined;
  let service: Service | undefined;
  const world = await aWorld({
    services: [(made) => (service = createS3(made))],
    speed,
    authorize: async (...asked) => judge?.authorize(...asked),
  });
  judge = createAuthorizer(world);
  const s3 = world.operatorClient(S3Client);
  let number = 0;

  return {
    world,
    service: service as unknown as Service,
    s3,
    async aBucket() {
      number += 1;
      const Bucket = `bucket-${number}`;
      await s3.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    put: (more) => s3.send(new PutObjectCommand({ Key: 'a', Body: 'hello', ...more })),
    async get(more) {
      const { Body, ...answer } = await s3.send(new GetObjectCommand({ Key: 'a', ...more }));
      return { ...answer, text: (await Body?.transformToString('latin1')) ?? '' };
    },
    roleClient(...statements) {
      number += 1;
      const arn = `arn:aws:iam::${ACCOUNT_ID}:role/role-${number}`;
      const policy: PolicyDocument = { Version: '2012-10-17', Statement: [...statements] };
      world.roles.put({ arn, name: `role-${number}`, trust: { Statement: [] }, policies: new Map([['own', policy]]) });
      const role: Principal = { kind: 'role', arn, session: 'step' };
      return world.client(S3Client, role, 'us-east-1');
    },
    close: () => world.close(),
  };
};
