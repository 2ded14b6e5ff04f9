/** What is there in case a region falls: its functions stay for most of each minute, and cost a run more than all the rest. */
const forLostRegions = /Failover|Witness/;
/** What is there for the day on which data are lost. */
const forLostData = /Backups|Restore/;

/** Stacks that a rehearsal can do without where no region is lost. */
export function isForLostRegions(stackName: string): boolean {
  return forLostRegions.test(stackName);
}

/** Stacks that a rehearsal of releases, rotations or alarms can do without: nothing of theirs reads or waits for what these hold. */
export function isForLossAlone(stackName: string): boolean {
  return forLostRegions.test(stackName) || forLostData.test(stackName);
}
