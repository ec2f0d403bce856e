import { connect } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ledgerOf } from '../ledger.ts';
import { openQuestions } from '../open-questions.ts';

export interface ApprovalsOptions {
  readonly local: boolean;
  readonly json: boolean;
}

/** More than a person answers in one sitting. */
const MOST_QUESTIONS = 100;

/** `autopilot approvals`: what waits for a person, and how to answer. */
export const approvals = async ({ local, json }: ApprovalsOptions): Promise<ExitCode> => {
  const { region, now } = await connect({ local });
  const questions = await openQuestions(ledgerOf(region), now(), MOST_QUESTIONS);
  if (json) {
    console.log(JSON.stringify({ region, approvals: questions }, null, 2));
  } else if (questions.length === 0) {
    console.log(`Nothing waits for a person in ${region}.`);
  } else {
    for (const { operationId, question, answerBefore, requestedBy } of questions) {
      console.log(question);
      console.log(`  asked for by ${requestedBy ?? 'unknown'}; silence until ${answerBefore} is a no`);
      for (const word of ['approve', 'reject']) {
        console.log(`  npx autopilot ${word} ${operationId}${local ? ' --local' : ''}`);
      }
    }
  }
  return EXIT.done;
};
