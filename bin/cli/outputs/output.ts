/** What an output is for. */
export type OutputKind = 'endpoint' | 'console' | 'command' | 'value';

export interface StackOutput {
  readonly name: string;
  readonly kind: OutputKind;
  readonly description: string;
  /** `<…>` stands where only the account knows what. */
  readonly value: string;
  /** What only an account knows: ids that AWS gives when it makes a resource. Empty where the value is complete. */
  readonly onlyTheAccountKnows: readonly string[];
}

export interface StackOutputs {
  readonly stack: string;
  readonly region: string;
  /** `false`: asked in an account, which has no such stack. */
  readonly deployed?: boolean;
  readonly outputs: readonly StackOutput[];
}

/** Outputs that the CDK writes for other stacks to read. */
export function isForPeople(name: string): boolean {
  return !/^(PublishOutput|ExportsOutput)/.test(name);
}

export function kindOf(value: string): OutputKind {
  if (/^(aws|npx|kubectl|awscurl) /.test(value)) return 'command';
  if (/^https:\/\/[^/]*console\.aws\.amazon\.com\//.test(value)) return 'console';
  return /^https?:\/\//.test(value) ? 'endpoint' : 'value';
}
