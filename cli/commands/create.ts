import { readFileSync } from 'node:fs';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { LEFT_OUT, literalSecretsIn } from '../../functions/creation/literal-secrets.ts';
import type { Fault } from '../../functions/creation/schemas.ts';
import { type Connection, connect } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Step } from '../follow.ts';
import { exitCodeOf, type Result, resultOf } from '../outcome.ts';
import { newOperationId, onInterruption, printAnswers, progressMark, runWorkflow } from '../run-workflow.ts';
import { table } from '../table.ts';

export interface CreateOptions {
  readonly plan: boolean;
  readonly local: boolean;
  readonly json: boolean;
  /** Keep waiting when a person has to approve; otherwise the command ends with exit code 4. */
  readonly wait: boolean;
}

const WORKFLOW = 'create-cache';

type ReadSpec = { readonly spec: unknown } | { readonly faults: readonly Fault[] };

/** An execution's input holds 256 KiB (Step Functions quotas), and the specification is not all of it. */
const LARGEST_SPEC_BYTES = 200 * 1024;

/**
 * Reads a specification in YAML or JSON (which is YAML too). What the fields mean is judged by the workflow's plan; a secret
 * is refused here, so that it never leaves this machine.
 */
export const readSpec = (file: string): ReadSpec => {
  const faultOf = (rule: string, remedy: string): ReadSpec => ({ faults: [{ path: file, rule, remedy }] });
  try {
    const text = readFileSync(file, 'utf8');
    if (Buffer.byteLength(text) > LARGEST_SPEC_BYTES) {
      return faultOf('A specification has at most 200 KiB.', 'Check that this is the right file.');
    }
    const spec: unknown = parseYaml(text);
    if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
      return faultOf('A specification is a list of fields with their values.', 'Begin with a line `cacheId: <name>`.');
    }
    const faults = literalSecretsIn(spec).map((path) => ({
      path,
      value: LEFT_OUT,
      rule: 'A specification holds no secrets.',
      remedy: 'Write `authToken: { generate: true }`: Secrets Manager makes the token, and only its secret holds it.',
    }));
    return faults.length > 0 ? { faults } : { spec };
  } catch (error) {
    if (error instanceof YAMLParseError) {
      const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
      // The parser's first line says what it is; what follows shows the text, which may hold a secret.
      const [what = ''] = error.message.split(/ at line |\n/);
      const rule = `A specification is one document of YAML or JSON, and line ${line} column ${col} is not: ${what}.`;
      return faultOf(rule, 'Correct that line.');
    }
    // What the parser throws when it makes the document's values: an anchor that is not there, too many of them.
    if (error instanceof ReferenceError) return faultOf(`${error.message}.`, 'Name an anchor that comes before.');
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return faultOf('The file must exist.', 'Check the path.');
    return faultOf(`The file must be readable (${code}).`, 'Check that it is a file, and who may read it.');
  }
};

const cacheIdOf = (spec: unknown): string => {
  const { cacheId } = spec as { cacheId?: unknown };
  return typeof cacheId === 'string' ? cacheId : 'unnamed';
};

/** `autopilot create <spec>`: starts the workflow, shows its steps, tells how it ended. */
export const create = async (file: string, options: CreateOptions): Promise<ExitCode> => {
  const read = readSpec(file);
  if ('faults' in read) {
    const [outcome, reason] = ['refused', 'InvalidSpec'] as const;
    const summary = `Refused ${file}: nothing was asked of the account.`;
    if (options.json) printJson({ outcome, reason, summary, faults: read.faults });
    else printFaults(summary, read.faults);
    return EXIT.inputRefused;
  }
  const connection = await connect(options);
  const started = performance.now();
  const operationId = newOperationId(WORKFLOW, cacheIdOf(read.spec));
  if (!options.json)
    console.log(`Operation ${operationId}; it goes on in the account when this command is interrupted.`);
  const forget = onInterruption(operationId, options.local);
  const result = await apply(connection, read.spec, {
    operationId,
    mode: options.plan ? 'observe' : undefined,
    wait: options.wait,
    onStep: (step) => {
      if (!options.json) console.log(`  ${progressMark(started)}  ${step.name}`);
    },
  });
  forget();
  if (options.json) printJson({ ...result, faults: result.plan?.faults ?? [] });
  else printResult(result, options);
  return exitCodeOf(result, options.plan);
};

export interface ApplyOptions {
  /** Can only make the account's policy more careful. */
  readonly mode?: 'observe' | 'approve' | undefined;
  readonly wait: boolean;
  readonly onStep?: (step: Step) => void;
  readonly operationId?: string;
}

/** Starts create-cache for a specification and follows it until it ends, or until it waits for a person. */
export const apply = async (
  connection: Connection,
  spec: unknown,
  { mode, wait, onStep, operationId = newOperationId(WORKFLOW, cacheIdOf(spec)) }: ApplyOptions,
): Promise<Result> => {
  const input = { spec, requestedBy: connection.callerArn, ...(mode ? { mode } : {}) };
  const execution = await runWorkflow(connection, WORKFLOW, { operationId, input, wait, onStep });
  return resultOf(execution, operationId, cacheIdOf(spec));
};

const printJson = (value: object) => console.log(JSON.stringify(value, null, 2));

const printFaults = (summary: string, faults: readonly Fault[]) => {
  console.log(`\n${summary}\n`);
  for (const { path, value, rule, remedy } of faults) {
    const found = value === undefined || value === null ? '' : ` (found ${JSON.stringify(value)})`;
    console.log(`  ${path}${found}\n    ${rule}\n    → ${remedy}`);
  }
};

const printResult = (result: Result, { plan: planOnly, local }: CreateOptions) => {
  const { plan } = result;
  if (plan && plan.faults.length > 0) return printFaults(`refused: ${result.summary}`, plan.faults);
  if (plan && planOnly && plan.action === 'create') printPlan(plan);
  if (plan && planOnly && plan.action === 'change') printSteps(plan);
  console.log(`\n${result.outcome}: ${result.summary} (${result.reason})`);
  for (const [name, endpoint] of Object.entries(result.endpoints ?? {})) {
    const { Address, Port } = endpoint as { Address: string; Port: number };
    console.log(`  ${name} endpoint  ${Address}:${Port}`);
  }
  for (const { field, wanted, found } of plan?.differences ?? []) {
    console.log(`  ${field}: specified ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
  }
  for (const { path, rule, remedy } of plan?.warnings ?? []) console.log(`  warning: ${path}: ${rule} ${remedy}`);
  for (const doubt of plan?.doubts ?? []) console.log(`  note: ${doubt}`);
  if (result.outcome === 'waiting') printAnswers(result.operationId, local);
};

/** What clients feel of a step. */
const FELT = {
  nothing: 'nothing',
  'for-a-moment': 'a short interruption',
  'loses-data': 'data is lost: a person is asked in every mode',
} as const;

const printSteps = ({ steps, monthlyCostUsd }: NonNullable<Result['plan']>) => {
  console.log('\nThe steps, one after the other; after each the cache is looked at again:\n');
  const rows = steps.map(({ says, call, interrupts }, index) => [
    String(index + 1),
    says,
    `${call.service}:${call.operation}`,
    FELT[interrupts],
  ]);
  console.log(table(['', 'step', 'call', 'what clients feel'], rows));
  printCost(monthlyCostUsd);
};

const printCost = (monthlyCostUsd: number | null) => {
  const cost = monthlyCostUsd === null ? 'not known' : `${monthlyCostUsd.toFixed(2)} USD on demand`;
  console.log(`\nMonthly cost: ${cost}`);
};

const printPlan = (plan: NonNullable<Result['plan']>) => {
  console.log('\nThere already:');
  console.log(plan.there.length > 0 ? plan.there.map((line) => `  ${line}`).join('\n') : '  nothing of it');
  console.log('Would be made:');
  for (const line of plan.missing) console.log(`  ${line}`);
  console.log('\nThe calls, in order:\n');
  const rows = plan.calls.flatMap(({ service, operation, parameters }) =>
    Object.entries(parameters).map(([name, value], index) => [
      index === 0 ? `${service}:${operation}` : '',
      name,
      JSON.stringify(value),
    ]),
  );
  console.log(table(['call', 'parameter', 'value'], rows));
  printCost(plan.monthlyCostUsd);
};
