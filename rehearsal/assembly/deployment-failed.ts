/** A resource could not be created: the deployment would have ended in a rollback. */
export class DeploymentFailed extends Error {
  override readonly name = 'DeploymentFailed';

  constructor(place: string, cause: unknown) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${place} could not be created: ${reason}`, { cause });
  }
}
