/** The execution's name: the last part of its ARN. */
export function nameOf(executionArn: string): string {
  return executionArn.slice(executionArn.lastIndexOf(':') + 1);
}
