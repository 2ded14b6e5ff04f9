import type { Connection, Platform, Service } from './schema.ts';

/*
 * AEON Digital Twin, the reference platform. Data only; figures are the platform's own, apart from these:
 * - Kubernetes 1.36 for 1.28, whose support on EKS has ended; PostgreSQL 18 for 15.3, which RDS no longer offers; functions on
 *   Node 24 for 20 (their runtime is the control plane's, not this file's).
 * - The cluster's endpoint was open to the world; it is private here.
 * - 'Hourly backups kept 30 days' would be 720 snapshots; RDS allows 100 a region. Kept: every hour for two days, then one a day
 *   for thirty. The graph's volume snapshots are EBS's, which have room for all 720.
 * - 'RPO 5 minutes' is kept by the database's replica. The volumes leave the region by their hourly snapshots alone, so that the graph may
 *   lose two hours, the search index is built anew from the database, and what was queued is lost. The platform does not say so; it
 *   follows from its own figures, and the definition has to say it.
 * - Where the platform names no figure (worker's and graph server's replicas, standby's addresses, timeouts for people), the value
 *   is ours and the line says so.
 */

/** Every service: 8080, `/health` and `/ready`. */
const probes: Service['probes'] = {
  liveness: { path: '/health', initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
  readiness: { path: '/ready', initialDelaySeconds: 5, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
};

const resources: Service['resources'] = {
  requests: { cpuMillicores: 500, memoryMebibytes: 512 },
  limits: { cpuMillicores: 1000, memoryMebibytes: 1024 },
};

/** Ours: up at once, down over five minutes, so that a lull does not shed what the next minute needs. */
const autoscaling: Service['autoscaling'] = {
  cpuPercent: 70,
  memoryPercent: 75,
  up: { stabilizationSeconds: 0, changePercent: 100, perSeconds: 60 },
  down: { stabilizationSeconds: 300, changePercent: 50, perSeconds: 60 },
};

const rollout: Service['rollout'] = {
  surge: 1,
  unavailable: 0,
  revisionHistory: 5,
  readyTimeoutSeconds: 600,
  terminationGraceSeconds: 60,
  drainSeconds: 20,
};

const spread: Service['spread'] = { zones: 'required', nodes: 'preferred' };

/** Names, AWS's own endpoints, the platform's data. Everything else is denied. */
const egress: Connection[] = [
  { peer: { kind: 'dns' }, ports: [53] },
  { peer: { kind: 'cidr', cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] }, ports: [443] },
  { peer: { kind: 'database', database: 'aeon-dt' }, ports: [5432] },
  { peer: { kind: 'store', store: 'queue' }, ports: [9092] },
  { peer: { kind: 'store', store: 'search' }, ports: [9200] },
];
const toGraphServer: Connection = { peer: { kind: 'service', service: 'aeon-dt-openspg' }, ports: [8080] };

const api: Service = {
  name: 'aeon-dt-api',
  image: 'aeon-dt-api',
  nodeGroup: 'api',
  port: 8080,
  route: { hostnames: ['api.aeon.example.com'], pathPrefix: '/' },
  probes,
  replicas: { initial: 5, minimum: 3, maximum: 100 },
  autoscaling,
  disruption: { availableMinimum: 2 },
  resources,
  rollout,
  spread,
  environment: { PORT: '8080' },
  databases: ['aeon-dt'],
  stores: ['queue', 'search'],
  network: { ingress: [{ peer: { kind: 'gateway' }, ports: [8080] }], egress: [...egress, toGraphServer] },
  promotion: { strategy: 'canary', strategiesAllowed: ['canary', 'blue-green', 'rolling'] },
};

const worker: Service = {
  name: 'aeon-dt-worker',
  image: 'aeon-dt-worker',
  nodeGroup: 'workers',
  port: 8080,
  probes,
  // Ours: as many as the workers' nodes, want 5 of 2–50.
  replicas: { initial: 5, minimum: 2, maximum: 50 },
  autoscaling,
  disruption: { availableMinimum: 1 },
  resources,
  rollout,
  spread,
  environment: { PORT: '8080' },
  databases: ['aeon-dt'],
  stores: ['queue', 'search'],
  network: { ingress: [], egress: [...egress, toGraphServer] },
  promotion: { strategy: 'rolling', strategiesAllowed: ['rolling'] },
};

const graphServer: Service = {
  name: 'aeon-dt-openspg',
  image: 'aeon-dt-openspg',
  nodeGroup: 'databases',
  port: 8080,
  // Ours: where it measures its queries (graph_query_duration_seconds), for the alarm on them.
  metricsPort: 9464,
  probes,
  // Ours: one a zone, not scaled: it holds a connection to the graph each.
  replicas: { initial: 3, minimum: 3, maximum: 3 },
  disruption: { availableMinimum: 2 },
  resources,
  rollout,
  spread,
  environment: { PORT: '8080' },
  databases: ['aeon-dt'],
  stores: ['graph', 'search'],
  network: {
    ingress: [
      { peer: { kind: 'service', service: 'aeon-dt-api' }, ports: [8080] },
      { peer: { kind: 'service', service: 'aeon-dt-worker' }, ports: [8080] },
    ],
    egress: [
      { peer: { kind: 'dns' }, ports: [53] },
      { peer: { kind: 'database', database: 'aeon-dt' }, ports: [5432] },
      { peer: { kind: 'store', store: 'graph' }, ports: [7687] },
      { peer: { kind: 'store', store: 'search' }, ports: [9200] },
    ],
  },
  promotion: { strategy: 'rolling', strategiesAllowed: ['rolling'] },
};

const instanceTypesOffered = ['t3.large', 't3.xlarge', 't3.2xlarge', 'r6i.2xlarge', 'db.r6i.large', 'db.r6i.2xlarge'];

const regions: Platform['regions'] = {
  primary: {
    name: 'us-east-1',
    vpc: {
      cidr: '10.0.0.0/16',
      publicSubnets: [
        { zone: 'us-east-1a', cidr: '10.0.1.0/24' },
        { zone: 'us-east-1b', cidr: '10.0.2.0/24' },
        { zone: 'us-east-1c', cidr: '10.0.3.0/24' },
      ],
      privateSubnets: [
        { zone: 'us-east-1a', cidr: '10.0.11.0/24' },
        { zone: 'us-east-1b', cidr: '10.0.12.0/24' },
        { zone: 'us-east-1c', cidr: '10.0.13.0/24' },
      ],
      natGateways: 3,
      flowLogRetentionDays: 30,
    },
    instanceTypesOffered,
  },
  // Ours: the primary's addresses moved to 10.1, so that the two networks can be joined.
  standby: {
    name: 'us-west-2',
    vpc: {
      cidr: '10.1.0.0/16',
      publicSubnets: [
        { zone: 'us-west-2a', cidr: '10.1.1.0/24' },
        { zone: 'us-west-2b', cidr: '10.1.2.0/24' },
        { zone: 'us-west-2c', cidr: '10.1.3.0/24' },
      ],
      privateSubnets: [
        { zone: 'us-west-2a', cidr: '10.1.11.0/24' },
        { zone: 'us-west-2b', cidr: '10.1.12.0/24' },
        { zone: 'us-west-2c', cidr: '10.1.13.0/24' },
      ],
      natGateways: 3,
      flowLogRetentionDays: 30,
    },
    instanceTypesOffered,
  },
  images: ['us-east-1', 'us-west-2', 'eu-west-1'],
};

const cluster: Platform['cluster'] = {
  kubernetesVersion: '1.36',
  publicEndpointCidrs: [],
  addOns: ['vpc-cni', 'coredns', 'kube-proxy', 'aws-ebs-csi-driver', 'metrics-server', 'kube-state-metrics'],
  controlPlaneLogs: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'],
  logRetentionDays: 30,
  nodeGroups: [
    {
      name: 'api',
      instanceTypes: ['t3.xlarge', 't3.2xlarge'],
      purchase: 'spot',
      capacity: { minimum: 3, desired: 5, maximum: 100 },
      diskGibibytes: 100,
      taints: [{ key: 'workload', value: 'api', effect: 'NO_SCHEDULE' }],
      labels: { workload: 'api', tier: 'application' },
    },
    {
      name: 'workers',
      instanceTypes: ['t3.large', 't3.xlarge'],
      purchase: 'spot',
      capacity: { minimum: 2, desired: 5, maximum: 50 },
      diskGibibytes: 50,
      taints: [],
      labels: { workload: 'worker', tier: 'application' },
    },
    {
      name: 'databases',
      instanceTypes: ['r6i.2xlarge'],
      purchase: 'on-demand',
      capacity: { minimum: 3, desired: 3, maximum: 10 },
      diskGibibytes: 500,
      taints: [{ key: 'workload', value: 'database', effect: 'NO_SCHEDULE' }],
      labels: { workload: 'database', tier: 'data' },
    },
  ],
  systemNodeGroup: 'workers',
};

const databases: Platform['databases'] = [
  {
    name: 'aeon-dt',
    engine: 'postgres',
    // Was 15.3. https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-versions.html
    version: '18.3',
    instanceType: 'db.r6i.2xlarge',
    storage: { type: 'gp3', gibibytes: 1000 },
    multipleZones: true,
    // An RPO of 5 minutes needs a replica in the standby: replicated backups give 5–30.
    replicas: { sameRegion: 0, crossRegion: true },
    automatedBackups: { retentionDays: 30, window: { startsAtUtc: '03:00', durationMinutes: 60 } },
    maintenanceWindow: { weekday: 'sunday', startsAtUtc: '04:00', durationMinutes: 60 },
    finalSnapshot: true,
    deletionProtection: true,
    logExports: ['postgresql'],
    slowQueryMilliseconds: 1000,
    parameters: {},
    schemaVersionQuery: 'SELECT max(version) FROM schema_migrations',
    // Ours, as are the tables that they name: every twin belongs to a user.
    invariants: [
      { name: 'twins-are-there', sql: 'SELECT count(*) FROM twins', minimum: 1 },
      {
        name: 'twins-have-owners',
        sql: 'SELECT count(*) FROM twins LEFT JOIN users ON users.id = twins.owner WHERE users.id IS NULL',
        maximum: 0,
      },
    ],
  },
];

const stores: Platform['stores'] = [
  {
    kind: 'volume',
    name: 'graph',
    purpose: 'graph',
    type: 'gp3',
    gibibytes: 500,
    iops: 3000,
    throughputMebibytesPerSecond: 125,
    replicationFactor: 1,
    nodeGroup: 'databases',
    port: 7687,
    snapshots: { everyMinutes: 60, retentionDays: 30 },
    lossMinutesMax: 120,
  },
  {
    kind: 'volume',
    name: 'search',
    purpose: 'search',
    type: 'gp3',
    gibibytes: 200,
    replicationFactor: 1,
    nodeGroup: 'databases',
    port: 9200,
    afterRegionLoss: 'rebuilt',
  },
  {
    kind: 'volume',
    name: 'queue',
    purpose: 'queue',
    type: 'io2',
    gibibytes: 100,
    iops: 1000,
    replicationFactor: 3,
    nodeGroup: 'databases',
    port: 9092,
    afterRegionLoss: 'empty',
  },
];

const alarms: Platform['alarms'] = [
  {
    name: 'node-disk-pressure',
    metric: { kind: 'nodes-under-disk-pressure-count' },
    comparison: 'above',
    threshold: 0,
    forMinutes: 5,
    severity: 'critical',
  },
  {
    name: 'cluster-cpu',
    metric: { kind: 'cluster-cpu-percent' },
    comparison: 'above',
    threshold: 80,
    forMinutes: 10,
    severity: 'warning',
  },
  {
    name: 'api-errors',
    metric: { kind: 'service-error-percent', service: 'aeon-dt-api' },
    comparison: 'above',
    threshold: 5,
    forMinutes: 5,
    severity: 'critical',
  },
  {
    name: 'api-latency',
    metric: { kind: 'service-latency-milliseconds', service: 'aeon-dt-api', percentile: 95 },
    comparison: 'above',
    threshold: 500,
    forMinutes: 10,
    severity: 'warning',
  },
  {
    name: 'graph-query',
    metric: { kind: 'graph-query-milliseconds', store: 'graph' },
    comparison: 'above',
    threshold: 2000,
    forMinutes: 5,
    severity: 'warning',
  },
  {
    name: 'replication-lag',
    metric: { kind: 'replication-lag-seconds', database: 'aeon-dt' },
    comparison: 'above',
    threshold: 5,
    forMinutes: 2,
    severity: 'critical',
  },
];

export const aeon: Platform = {
  name: 'aeon',
  title: 'AEON Digital Twin',
  regions,
  gateway: {
    scheme: 'internet-facing',
    protocol: 'https',
    // An example, as its hostnames are: the platform does not say which zone holds them.
    dns: { zoneId: 'Z0AEON0EXAMPLE0ZONE00', zoneName: 'aeon.example.com' },
  },
  cluster,
  services: [api, worker, graphServer],
  serviceLevels: [
    { service: 'aeon-dt-api', errorRatePercentMax: 5, latency: [{ percentile: 95, millisecondsMax: 500 }] },
  ],
  databases,
  stores,
  images: {
    tagConvention: '{service}-{environment}-{version}-{commit}',
    mutableTags: ['dev-latest'],
    architectures: ['amd64', 'arm64'],
    repositories: [
      { name: 'aeon-dt-api', sizeMegabytesMax: 150 },
      { name: 'aeon-dt-worker', sizeMegabytesMax: 120 },
      { name: 'aeon-dt-openspg' },
      { name: 'aeon-dt-backup', sizeMegabytesMax: 50 },
    ],
    scan: {
      onPush: true,
      continuous: true,
      criticalWithFix: 'block',
      criticalWithoutFix: 'ask',
      high: 'ask',
      medium: 'record',
    },
    keepNewest: 10,
    untaggedRetentionDays: 7,
  },
  secrets: {
    rotateEveryDays: 30,
    // Ours: over before the backup at 03:00.
    rotationWindowHours: 3,
    readsAudited: true,
    entries: [
      {
        name: 'aeon-dt-postgres',
        kind: 'postgres',
        opens: 'aeon-dt',
        // Ours: nobody is denied, because the user in use keeps its password.
        users: 'alternating',
        consumers: ['aeon-dt-api', 'aeon-dt-worker', 'aeon-dt-openspg'],
      },
    ],
  },
  recovery: {
    platform: { recoveryTimeMinutesMax: 15, recoveryPointMinutesMax: 5 },
    database: { recoveryTimeMinutesMax: 2, recoveryPointMinutesMax: 0 },
    // Ours: the platform does not say who decides; leaving a region on its own word would be the riskier reading.
    decision: 'person',
    databaseChecks: { everySeconds: 10, actAfterSeconds: 30 },
    // Ours: without a witness a lost standby would end the primary's writes. Ireland holds the images already, and fails with neither. Nobody but a person
    // may risk two databases that are written to.
    fencing: { witness: 'eu-west-1', whenUnproven: 'ask' },
  },
  backups: {
    recoverySets: {
      everyMinutes: 60,
      startsAtUtc: '00:00',
      fullDailyAtUtc: '03:00',
      beforeEveryDeployment: false,
      keep: { hourly: 48, daily: 30, weekly: 0, monthly: 0 },
      retentionDays: 30,
      copiedToStandby: true,
    },
    archive: { years: 7 },
    restoreTest: { everyDays: 7 },
    clusterState: { everyMinutes: 60, retentionDays: 7, gigabytesMax: 10 },
    applicationData: {
      everyMinutes: 1440,
      retentionDays: 7,
      includes: ['configuration', 'secrets', 'ontologies', 'user-data'],
    },
    manualSnapshotQuota: 100,
  },
  promotion: {
    canarySteps: [
      { weightPercent: 10, watchSeconds: 600 },
      { weightPercent: 25, watchSeconds: 600 },
      { weightPercent: 50, watchSeconds: 600 },
      { weightPercent: 100, watchSeconds: 60 },
    ],
    successPercentMin: 95,
    automaticRollback: true,
    falseRollbackPercentMax: 1,
    // Ours: one step longer, then an hour for a person.
    inconclusive: { holdSeconds: 600, timeoutSeconds: 3600 },
  },
  alarms,
  tracing: { samplePercent: 10 },
  // Approval in production only; retention is the platform's; the smaller stages' sizes are ours. Development and staging release by
  // themselves, and so by rolling: without users a canary ends inconclusive and asks a person.
  stages: {
    development: {
      approval: { required: false, timeoutSeconds: 86_400 },
      releases: 'by-itself',
      imageRetentionDays: 30,
      standby: false,
      natGateways: 1,
      hostnames: { 'aeon-dt-api': ['api.development.aeon.example.com'] },
      services: {
        'aeon-dt-api': {
          replicas: { initial: 2, minimum: 2, maximum: 5 },
          disruption: { availableMinimum: 1 },
          strategy: 'rolling',
        },
        'aeon-dt-worker': { replicas: { initial: 2, minimum: 2, maximum: 5 } },
      },
      nodeGroups: {
        api: { minimum: 1, desired: 2, maximum: 5 },
        workers: { minimum: 1, desired: 2, maximum: 5 },
      },
      databases: {
        'aeon-dt': {
          instanceType: 'db.r6i.large',
          multipleZones: false,
          gibibytes: 100,
          deletionProtection: false,
        },
      },
    },
    staging: {
      approval: { required: false, timeoutSeconds: 86_400 },
      releases: 'by-itself',
      imageRetentionDays: 90,
      standby: false,
      natGateways: 1,
      hostnames: { 'aeon-dt-api': ['api.staging.aeon.example.com'] },
      services: { 'aeon-dt-api': { replicas: { initial: 3, minimum: 3, maximum: 10 }, strategy: 'rolling' } },
      nodeGroups: { api: { minimum: 2, desired: 3, maximum: 10 } },
    },
    production: {
      approval: { required: true, timeoutSeconds: 86_400 },
      releases: 'by-a-person',
      imageRetentionDays: 365,
      standby: true,
    },
  },
};
