/** A schedule expression that Scheduler does not take; the message says what is wrong with it, without its text. */
export class InvalidExpression extends Error {
  override readonly name = 'InvalidExpression';
}
