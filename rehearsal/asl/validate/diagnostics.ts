/** One finding, in the shape of ValidateStateMachineDefinition's diagnostics. */
export interface Diagnostic {
  readonly severity: 'ERROR' | 'WARNING';
  /** `SCHEMA_VALIDATION_FAILED`, `INVALID_JSON_DESCRIPTION`, ... */
  readonly code: string;
  readonly message: string;
  /** `/States/Publish/Resource` */
  readonly location?: string;
}

/** The definition is refused. `message` is as CreateStateMachine words it; `diagnostics` has every finding on its own. */
export class InvalidDefinition extends Error {
  override readonly name = 'InvalidDefinition';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const findings = diagnostics.map(
      ({ code, message, location }) => `${code}: ${message}${location === undefined ? '' : ` at ${location}`}`,
    );
    super(`Invalid State Machine Definition: '${findings.join(', ')}'`);
    this.diagnostics = diagnostics;
  }
}
