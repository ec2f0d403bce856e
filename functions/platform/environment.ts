import * as z from 'zod';
import { DEFAULT_OPT_IN_TAG } from './names.ts';
import { parse } from './parse.ts';

/** Every variable that a function may read, each with what it means. */
const VARIABLES = {
  AWS_REGION: z.string().min(1).describe('set by Lambda'),
  LEDGER_TABLE: z.string().min(1).describe('the DynamoDB table with locks and records'),
  EVIDENCE_BUCKET: z.string().min(3).max(63).describe('the S3 bucket with raw measurements and pictures'),
  BUS_NAME: z.string().min(1).describe('our event bus'),
  POLICY_PARAMETER: z.string().min(1).describe('the SSM parameter with the account’s policy'),
  CREATE_CACHE_ARN: z.string().startsWith('arn:').describe('the state machine create-cache'),
  DELETE_CACHE_ARN: z.string().startsWith('arn:').describe('the state machine delete-cache'),
  ROTATE_TOKEN_ARN: z.string().startsWith('arn:').describe('the state machine rotate-token'),
  NOTIFICATION_TOPIC_ARN: z
    .string()
    .regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'the ARN of an SNS topic')
    .describe('our own topic, on which ElastiCache tells what happens to its caches'),
  VERIFIER_GROUPS: z
    .string()
    .regex(/^\{("vpc-[0-9a-f]+":"sg-[0-9a-f]+",?)*\}$/, 'security groups by VPC, as JSON')
    .describe('the security group of the function that verifies caches, by the id of its VPC'),
  PROBED_VPCS: z
    .string()
    .regex(/^(vpc-[0-9a-f]+,?)+$/, 'ids of VPCs with commas between them')
    .describe('the VPCs in which a prober of failover drills can run'),
  STACK_NAME: z.string().min(1).describe('our own stack, after which CloudFormation names our roles'),
  OPT_IN_TAG: z.string().min(1).default(DEFAULT_OPT_IN_TAG).describe('the tag that lets us touch a resource'),
} satisfies Record<string, z.ZodType<string>>;

/**
 * Reads one variable of the environment, when it is needed and not before, so that a function needs only its own.
 *
 * @throws FixInput naming the variable; never with its value
 */
export const environment = (
  name: keyof typeof VARIABLES,
  from: Readonly<Record<string, string | undefined>> = process.env,
): string => parse<z.ZodType<string>>(VARIABLES[name], from[name], `the environment variable ${name}`);
