/** What nobody can measure from the app. */
export const assumptions = {
  promotionsAMonth: 30,
  /** Of a function that the rehearsal did not run. */
  millisecondsOtherwise: 1_000,
  /**
   * Those that stay: their last round begins 50 s after the first. The guard in the region that reigns, the watch in the one that stands by, and nothing in the other: half,
   * for each region's runs.
   */
  millisecondsOfStaying: { 'guard-primary': 26_000, 'watch-primary': 26_000 } as Readonly<Record<string, number>>,
  /** Of the guard and of the watch together, each minute: metrics put, which are written when they change, else once a minute. */
  metricRequestsAMinute: 4,
  /** Twelve rounds a minute. The guard's: reign, arming; two renewals. The watch's: reign, lease, memory, decision; memory. Reads are consistent ones, one unit each. */
  tableReadsAMinute: 6 * 2 + 6 * 4,
  tableWritesAMinute: 6 * 2 + 6,
  /** The guard reads its login once a run, and so does the watch. */
  secretRequestsAMinute: 2,
  /** Without an alarm on it, of those that are put each hour: whether the watch takes the region for lost. */
  metricsPutWithoutAlarm: 1,
  /** Each night: three states and four a repository; two invocations and two a repository. */
  retention: { statesBesides: 3, statesARepository: 4, invocationsBesides: 2, invocationsARepository: 2 },
  /**
   * States and invocations of a scheduled run, counted off the workflows for one database and not yet measured in a rehearsal; the mean of both
   * regions, of which one takes sets and the other one sees that it need not. Tests take turns: one region's run begins, the other's does nothing.
   */
  scheduledWorkflows: {
    'hourly-backup': { states: 40, invocations: 13 },
    'restore-test': { states: 40, invocations: 20 },
  },
  metricsAJudgement: 12,
  /** A secret, a table's or a topic's key is used, or the settings of a function are decrypted at a cold start. */
  keyRequestsAnInvocation: 2,
  /**
   * By other functions; pods that mount their secrets are the platform's. Nearly all the watchdog's, 2,920 times a month: of three secrets it describes
   * and reads each with its superuser's, in the standby it describes them twice.
   */
  secretRequestsAMonth: 45_000,
  queueRequestsAMonth: 1_000,
  tracesAMonth: 10_000,
} as const;
