import * as z from 'zod';
import { IsoTime, Mode, mostCareful } from './names.ts';
import { isInside, parseWeeklyWindow } from './windows.ts';

/** The capabilities that can be given a mode; each later capability adds its word. */
export const Capability = z.enum(['creation', 'failover-drill', 'token-rotation']);
export type Capability = z.infer<typeof Capability>;

const weeklyWindow = z
  .string()
  .refine((text) => parseWeeklyWindow(text) !== undefined, 'a window such as sun:03:00-sun:06:00 (UTC)');

/** What becomes of what a failed creation has made. */
export const FailedCreations = z.enum(['remove', 'keep']);
export type FailedCreations = z.infer<typeof FailedCreations>;

/** When and how failovers are rehearsed. */
export const FailoverDrillPolicy = z.strictObject({
  everyDays: z
    .int()
    .min(1)
    .max(366)
    .default(90)
    .describe('a cache whose last drill is older is due for the next one; so is one that was changed much since then'),
  startedPerLook: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe(
      'at most so many of the drills that are due are started at one look, every hour; an alarm of one can keep the next from being held',
    ),
  targetSeconds: z
    .number()
    .positive()
    .max(600)
    .default(60)
    .describe('a shard has to take writes again within so many seconds, or the drill is not passed'),
  maxLagSeconds: z
    .number()
    .positive()
    .default(1)
    .describe('a replica further behind refuses the drill: what it has not got would be lost'),
  snapshotWithinHours: z
    .number()
    .positive()
    .default(24)
    .describe('there has to be a snapshot that is not older; without one the drill is refused'),
  windows: z
    .array(weeklyWindow)
    .default([])
    .describe(
      'when drills may be held, UTC; the tag autopilot:drill-window narrows it for one cache. Empty: at any time',
    ),
  freezes: z
    .array(
      z.strictObject({
        from: IsoTime,
        to: IsoTime,
        because: z.string().min(1).describe('for example a sale or the end of the year'),
      }),
    )
    .default([])
    .describe('when no drill is held'),
  abortOnAlarms: z
    .array(z.string().min(1))
    .default([])
    .describe('CloudWatch alarms, by name, that refuse a drill and stop one that has begun'),
});
export type FailoverDrillPolicy = z.infer<typeof FailoverDrillPolicy>;

/** When a person is asked again before the old token is retired. */
export const AskBeforeRetiring = z.enum(['never', 'if-somebody-is-late', 'always']);

/** When and how AUTH tokens and passwords of users are rotated. */
export const TokenRotationPolicy = z.strictObject({
  everyDays: z
    .int()
    .min(1)
    .max(1000)
    .default(30)
    .describe('a token, or a user’s password, that is older is rotated; a rotation that was interrupted is finished'),
  gracePeriodMinutes: z
    .number()
    .positive()
    .max(10_080)
    .default(1440)
    .describe(
      'for so long both tokens are valid after the new one became the current one: longer than any application keeps the old one',
    ),
  askBeforeRetiring: AskBeforeRetiring.default('if-somebody-is-late').describe(
    'when a person is asked before the old token is retired; late is who fetched the secret before, and not since',
  ),
  startedPerLook: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe('at most so many of the rotations that are due are started at one look, every hour'),
  windows: z
    .array(weeklyWindow)
    .default([])
    .describe('when rotations that nobody asked for may begin, UTC. Empty: at any time'),
});
export type TokenRotationPolicy = z.infer<typeof TokenRotationPolicy>;

/**
 * What the autopilot may do by itself in this account. Strict: a misspelt limit is refused instead of ignored.
 * It is written in `autopilot.yaml`, checked at synth, kept in the SSM parameter `/autopilot/policy`, and checked again
 * when it is read.
 */
export const AccountPolicy = z.strictObject({
  modes: z
    .strictObject({
      creation: Mode.default('approve').describe(
        'creating caches: observe plans only, approve asks a person, act does it',
      ),
      'failover-drill': Mode.default('approve').describe(
        'failing over a shard on purpose: observe plans only, approve asks a person, act does it',
      ),
      'token-rotation': Mode.default('approve').describe(
        'rotating AUTH tokens and passwords of users: observe plans only, approve asks a person, act does it',
      ),
    })
    .prefault({})
    .describe('how far each capability may go; a request or a tag can only make it more careful'),
  failedCreations: FailedCreations.default('remove').describe(
    'what becomes of a creation that fails: remove takes away what it made, keep leaves it there to be looked at',
  ),
  failoverDrills: FailoverDrillPolicy.prefault({}).describe('when and how failovers are rehearsed'),
  tokenRotation: TokenRotationPolicy.prefault({}).describe('when and how tokens and passwords are rotated'),
  changeWindows: z
    .array(weeklyWindow)
    .default([])
    .describe('when the autopilot may act without asking, UTC; outside, `act` becomes `approve`. Empty: at any time'),
  limits: z
    .strictObject({
      maxMonthlyCostUsd: z
        .number()
        .positive()
        .optional()
        .describe('a cache that would cost more a month, on demand, is refused; so is one whose cost is not known'),
      maxNodes: z.int().positive().optional().describe('a cache with more nodes is refused'),
    })
    .prefault({})
    .describe('what no cache made by the autopilot may exceed'),
  requiredTags: z
    .array(
      z.string().regex(/^(?!(aws|autopilot):).{1,128}$/iu, 'a tag’s key that does not begin with aws: or autopilot:'),
    )
    .max(46, 'at most 46 tags, since ElastiCache takes 50 and 4 are the autopilot’s')
    .default([])
    .describe('the tags that every specification has to have, for example the owner’s'),
});
export type AccountPolicy = z.infer<typeof AccountPolicy>;

/** What holds when the policy document cannot be read: nothing is changed. */
export const CAREFUL_POLICY: AccountPolicy = {
  modes: { creation: 'observe', 'failover-drill': 'observe', 'token-rotation': 'observe' },
  failedCreations: 'keep',
  failoverDrills: FailoverDrillPolicy.parse({}),
  tokenRotation: TokenRotationPolicy.parse({}),
  changeWindows: [],
  limits: {},
  requiredTags: [],
};

export interface PolicyRead {
  readonly policy: AccountPolicy;
  /** Sentences about what was wrong with the document. */
  readonly doubts: readonly string[];
}

/** Reads the policy document. Never throws: a document that cannot be read means that we only observe, and say why. */
export const readPolicy = (text: string): PolicyRead => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return {
      policy: CAREFUL_POLICY,
      doubts: ['The policy document is no JSON, so nothing is changed: deploy it again.'],
    };
  }
  const read = AccountPolicy.safeParse(document);
  if (read.success) return { policy: read.data, doubts: [] };
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the document'}: ${message}`);
  return {
    policy: CAREFUL_POLICY,
    doubts: [`The policy document is not valid, so nothing is changed (${faults.join('; ')}): correct autopilot.yaml.`],
  };
};

/** The account's mode for a capability at a given time, made more careful by what the request asked for. */
export const modeAt = (policy: AccountPolicy, capability: Capability, now: string, requested: Mode = 'act'): Mode => {
  const mode = mostCareful(policy.modes[capability], requested);
  const open = policy.changeWindows.length === 0 || policy.changeWindows.some((text) => isInside(text, now));
  return open ? mode : mostCareful(mode, 'approve');
};
