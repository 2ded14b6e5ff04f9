/** Which secrets there are, without their values. Throws AwsUnavailable, AwsRefused. */
export interface SecretIndex {
  /** Id of the current version by name, of all whose names begin so. */
  currentVersions(prefix: string): Promise<ReadonlyMap<string, string>>;
}
