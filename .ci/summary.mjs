// Adds the steps that failed to the tests' own count and prints the closing line.
import { readFileSync } from 'node:fs';

const [, , resultsFile, failedStepsText] = process.argv;
const read = () => {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, success: false };
  }
};
const { numPassedTests: passed, numFailedTests: failedTests, numPendingTests: skipped, success } = read();
const failedSteps = Number(failedStepsText);
// A run can fail without a failed test (a file that does not load): that counts too.
const failed = Math.max(failedTests + failedSteps, success && passed > 0 ? 0 : 1);
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
