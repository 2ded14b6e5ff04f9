/** A definition made ready to run; made once by `compile`, shared by any number of executions. */
export interface CompiledStateMachine {
  readonly comment?: string;
  readonly startAt: string;
  readonly timeoutSeconds?: number;
  /** DescribeStateMachine's `variableReferences`: state name to the variable references in it. */
  readonly variableReferences: Readonly<Record<string, readonly string[]>>;
}

/** Checks a definition and makes it ready. Throws InvalidDefinition with every diagnostic. */
export function compile(
  _definition: unknown,
  _options: { readonly type?: 'STANDARD' | 'EXPRESS' } = {},
): CompiledStateMachine {
  throw new Error('not yet built');
}
