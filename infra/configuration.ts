import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { MODE_TAG, OPERATION_TAG } from '../functions/platform/names.ts';
import { AccountPolicy } from '../functions/platform/policy.ts';

/** The retentions that CloudWatch Logs knows (PutRetentionPolicy), in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const regionName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be the name of a Region, such as us-east-1');

export type VpcConfiguration = z.infer<typeof VpcConfiguration>;
const VpcConfiguration = z
  .strictObject({
    vpcId: z.string().regex(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC, such as vpc-0a1b2c3d'),
    subnetIds: z
      .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet, such as subnet-0a1b2c3d'))
      .min(1, 'name at least one subnet')
      .describe(
        'private subnets for the functions that talk to a cache; they need a way to Secrets Manager and ElastiCache',
      ),
    securityGroupId: z
      .string()
      .regex(/^sg-[0-9a-f]{8,17}$/, 'must be the id of a security group, such as sg-0a1b2c3d')
      .describe('the security group of these functions; the caches must let it in'),
  })
  .describe('one VPC in which there are caches, or will be');

export type RegionConfiguration = z.infer<typeof RegionConfiguration>;
const RegionConfiguration = z
  .strictObject({ vpcs: z.array(VpcConfiguration).min(1, 'name at least one VPC') })
  .describe('one Region in which the autopilot runs');

/** As much of a configuration as the checks across settings need, however wrong the rest of it is. */
const Skeleton = z.object({
  homeRegion: z.string().optional().catch(undefined),
  drRegion: z.string().optional().catch(undefined),
  regions: z
    .record(
      z.string(),
      z.object({ vpcs: z.array(z.object({ vpcId: z.unknown() }).catch({ vpcId: undefined })) }).catch({ vpcs: [] }),
    )
    .catch({}),
});

const checkAcross = (configuration: unknown, context: z.RefinementCtx): void => {
  const { data } = Skeleton.safeParse(configuration);
  if (!data) return;
  const { homeRegion, drRegion, regions } = data;
  const fault = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });

  if (homeRegion && !regions[homeRegion]) fault(['homeRegion'], `${homeRegion} is not one of \`regions\``);
  if (drRegion && !regions[drRegion]) fault(['drRegion'], `${drRegion} is not one of \`regions\``);
  if (drRegion && drRegion === homeRegion) {
    fault(['drRegion'], 'disaster recovery needs another Region than `homeRegion`');
  }
  for (const [name, { vpcs }] of Object.entries(regions)) {
    // Here and not as the record's key: zod leaves out the faults below a key that does not fit.
    const { error } = regionName.safeParse(name);
    if (error) fault(['regions', name], error.issues[0]?.message ?? '');
    for (const [index, { vpcId }] of vpcs.entries()) {
      const first = vpcs.findIndex((vpc) => vpc.vpcId === vpcId);
      if (vpcId && first < index) fault(['regions', name, 'vpcs', index, 'vpcId'], `${String(vpcId)} is listed twice`);
    }
  }
};

/** The account's whole configuration: what `autopilot.yaml` may say. Strict: a misspelt key is refused, not ignored. */
export const Configuration = z
  .strictObject({
    accountId: z
      .string('write the account id in quotes: as a number it would lose its leading zeros')
      .regex(/^\d{12}$/, 'must be twelve digits'),
    homeRegion: regionName.describe('where the caches mainly live; one of `regions`'),
    drRegion: regionName.describe('where disaster recovery keeps and restores copies; one of `regions`').optional(),
    regions: z.record(z.string(), RegionConfiguration).describe('each gets a stack of its own'),
    optInTag: z
      .string()
      .min(1)
      .max(128)
      .refine((key) => !key.startsWith('aws:'), 'AWS keeps tags that begin with `aws:` for itself')
      .refine((key) => key !== MODE_TAG && key !== OPERATION_TAG, 'this tag has another meaning already')
      .default('autopilot:managed')
      .describe('a cache without this tag, with the value `true`, is never touched'),
    policy: AccountPolicy.prefault({}).describe('what the autopilot may do by itself'),
    logRetentionDays: z
      .literal(
        [...RETENTION_DAYS],
        `must be one of the periods that CloudWatch Logs knows: ${RETENTION_DAYS.join(', ')}`,
      )
      .default(90)
      .describe('how long the functions’ logs are kept'),
    schedules: z
      .strictObject({
        checkDrift: z
          .string()
          .regex(/^(rate|cron)\(.+\)$/, 'must be rate(...) or cron(...), as EventBridge Scheduler reads them')
          .default('rate(1 day)')
          .describe('when the caches are compared with their specifications'),
        drillWhenDue: z
          .string()
          .regex(/^(rate|cron)\(.+\)$/, 'must be rate(...) or cron(...), as EventBridge Scheduler reads them')
          .default('rate(1 hour)')
          .describe('when it is looked whose failover drill is due; it is held only inside its window'),
        rotateWhenDue: z
          .string()
          .regex(/^(rate|cron)\(.+\)$/, 'must be rate(...) or cron(...), as EventBridge Scheduler reads them')
          .default('rate(1 hour)')
          .describe('when it is looked whose token or password is due for rotation; it begins only inside the windows'),
      })
      .prefault({})
      .describe('when the autopilot acts without being asked, UTC'),
    alarmEmail: z.email().optional().describe('who is told when the autopilot itself has trouble'),
    slack: z
      .strictObject({
        channel: z.string().min(1).describe('the channel’s id, e.g. C0123456789'),
        botTokenSecretName: z.string().min(1).describe('the secret in Secrets Manager that holds the bot token'),
      })
      .optional()
      .describe('where people are told and asked'),
  })
  // Also when something else is wrong: whoever mends the file wants to hear of everything at once.
  .superRefine((configuration: unknown, context) => checkAcross(configuration, context), { when: () => true });
export type Configuration = z.infer<typeof Configuration>;

/** One message with every fault of the configuration file, each with its path. */
export class WrongConfiguration extends Error {
  override readonly name = 'WrongConfiguration';
}

/** @throws WrongConfiguration when the file is not there, is no YAML, or does not fit the schema */
export const readConfiguration = (file: string): Configuration => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new WrongConfiguration(
      `There is no configuration at ${file}: docs/configuration.md says what belongs in it.`,
    );
  }
  return parseConfiguration(text, file);
};

/** @param source names the text in messages */
export const parseConfiguration = (text: string, source = 'autopilot.yaml'): Configuration => {
  const document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: true });
  if (document.errors.length > 0) {
    throw new WrongConfiguration(
      listed(
        source,
        document.errors.map(({ message }) => message.split('\n')[0] ?? message),
      ),
    );
  }
  const { data, error } = Configuration.safeParse(document.toJS());
  if (data) return data;
  throw new WrongConfiguration(listed(source, error.issues.flatMap(faultsOf)));
};

const listed = (source: string, faults: readonly string[]): string =>
  [`${source} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`, ...faults].join('\n  ');

const faultsOf = (issue: z.core.$ZodIssue): string[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${dotted([...issue.path, key])}: there is no such setting; is it misspelt?`);
  }
  return [`${dotted(issue.path)}: ${issue.message}`];
};

/** `regions.us-east-1.vpcs[0].vpcId` */
const dotted = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text ? `${text}.${String(key)}` : String(key);
  }, '') || '(the whole file)';
