/**
 * The rehearsal was asked for something that does not exist or does not fit together. Nothing has run. The CLI prints the
 * message and exits with code 2.
 */
export class RehearsalRefused extends Error {
  override readonly name: string = 'RehearsalRefused';
}

/** No such release to rehearse. */
export class UnknownRelease extends RehearsalRefused {
  override readonly name = 'UnknownRelease';
}

/** No such fault to inject. */
export class UnknownFault extends RehearsalRefused {
  override readonly name = 'UnknownFault';
}

/** No such service in the platform. */
export class UnknownPlatformService extends RehearsalRefused {
  override readonly name = 'UnknownPlatformService';
}

/** The service can't be delivered in this way. */
export class StrategyNotPossible extends RehearsalRefused {
  override readonly name = 'StrategyNotPossible';
}

/** The scenario can't be played with this platform or these numbers. */
export class ScenarioNotPossible extends RehearsalRefused {
  override readonly name = 'ScenarioNotPossible';
}

/** A seed that is no whole number. */
export class SeedNotANumber extends RehearsalRefused {
  override readonly name = 'SeedNotANumber';
}

/** `--postgres` needs a PostgreSQL server, and there is none for this machine. */
export class PostgresNotInstalled extends RehearsalRefused {
  override readonly name = 'PostgresNotInstalled';
}
