/**
 * Every duration of the simulated AWS, in milliseconds unless the name says otherwise, each with its source or the word
 * 'assumed'. A run does not depend on their exact size; where one does, its scenario sets it.
 */

/** One call to an AWS API. Assumed: control-plane calls within a region mostly answer in tens of milliseconds. */
export const callLatencyMilliseconds = 20;
/** How long a caller waits for an answer that never comes, before its socket gives up. Assumed. */
export const unansweredCallMilliseconds = 10_000;
/** From a change of an alarm or execution to the rule's target being called. Assumed; EventBridge states a typical latency of about half a second: https://aws.amazon.com/eventbridge/faqs/ */
export const eventDeliveryMilliseconds = 500;
/** From StartExecution's answer to the first state. Assumed. */
export const executionStartMilliseconds = 10;
/** One resource of a deployment. Assumed and kept far below the truth: how long a first deployment takes is not rehearsed. */
export const resourceCreationMilliseconds = 1_000;

/** How often a metric alarm is evaluated. 'evaluated every minute': https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html */
export const alarmEvaluationIntervalMilliseconds = 60_000;
/** The same for a range of more than a day, which only periods of an hour and more may have. Assumed. */
export const longAlarmEvaluationIntervalMilliseconds = 3_600_000;
/** From the end of a minute to the moment its load balancer metrics can be read. Assumed; ELB states 'in 60-second intervals' and no delay: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
export const loadBalancerMetricDelayMilliseconds = 60_000;
/** From a push to an image's copy in another region, at least and at most. Assumed; ECR states 'less than 30 minutes' for most images: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html */
export const imageReplicationMilliseconds = { minimum: 15_000, maximum: 90_000 };
/** From a push to the findings of its scan. Assumed. */
export const imageScanMilliseconds = 45_000;
/** From a write to a global table to its replica. 'typically within a second or less': https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html */
export const tableReplicationMilliseconds = 1_000;
/** From an item's expiry to its deletion. 'typically within a few days'; two are assumed: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html */
export const itemExpiryDeletionMilliseconds = 2 * 24 * 60 * 60 * 1000;

// The cluster, its controllers and its load balancer.
/** One call to a cluster's API server from within its VPC. Assumed. */
export const kubernetesCallMilliseconds = 15;
/** From a change of an object until a controller of the cluster has acted on it. Assumed. */
export const controllerReactionMilliseconds = 100;
/** From a change until the AWS Load Balancer Controller has called Elastic Load Balancing. Assumed. */
export const loadBalancerControllerMilliseconds = 1_000;
/** From a changed listener rule until every node of the load balancer obeys it. Assumed: seconds. */
export const weightPropagationMilliseconds = 2_000;
/** From RegisterTargets until the first health check has passed; one success suffices for a new target: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html Assumed. */
export const targetRegistrationMilliseconds = 5_000;
/** From DeregisterTargets until no node sends the target new requests. Assumed. */
export const targetDeregistrationMilliseconds = 3_000;
/** A new load balancer from `provisioning` to `active`. Assumed: minutes. */
export const loadBalancerCreationMilliseconds = 120_000;
/** Binding a pod to a node. Assumed. */
export const podSchedulingMilliseconds = 50;
/** Pulling an image of about 150 MB that the node does not have, and one that it has. Assumed. */
export const imagePullMilliseconds = 4_000;
export const imagePresentMilliseconds = 300;
/** Sandbox, network and start of a container. Assumed. */
export const containerStartMilliseconds = 1_000;
/** From a pod whose volumes or environment could not be made until the kubelet tries again. Assumed. */
export const podSetupRetryMilliseconds = 10_000;
/** From the start of a container that crashes until it exits. Assumed. */
export const crashMilliseconds = 2_000;
/** From SIGTERM until a container has ended. Assumed: it finishes what it has in hand. */
export const containerStopMilliseconds = 2_000;
/** Restart and image pull back-off: 10 s, doubled up to 5 min, forgotten after 10 min without a crash: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy */
export const restartBackoffMilliseconds = { first: 10_000, maximum: 300_000, forgottenAfter: 600_000 };
/** Between attempts to mount a volume: 500 ms, doubled up to 2 min 2 s: https://github.com/kubernetes/kubernetes/blob/master/pkg/util/goroutinemap/exponentialbackoff/exponential_backoff.go */
export const volumeMountBackoffMilliseconds = { first: 500, maximum: 122_000 };
/** How often the HPA looks: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ */
export const autoscalerPeriodMilliseconds = 15_000;
/** A node from launch to ready. Assumed from what is reported for EKS: 45 to 90 s. */
export const nodeStartMilliseconds = { minimum: 45_000, maximum: 90_000 };
/** From UpdateNodegroupConfig until the Auto Scaling group acts by it. Assumed. */
export const nodeGroupUpdateMilliseconds = 5_000;
/** From a launch without capacity until the node group's health says so, and until it is tried again. Assumed: EKS names no figure. */
export const nodeLaunchFailureMilliseconds = 20_000;
export const nodeLaunchRetryMilliseconds = 60_000;
/** A new execution environment of Node 24 on arm64, init of the runtime included: 122 to 126 ms at the median, measured: https://github.com/maxday/lambda-perf */
export const functionColdStartMilliseconds = 124;
/** What Lambda adds to a warm invocation. Assumed. */
export const functionInvocationMilliseconds = 10;
/** Loading the code of a bundle on a cold start. Assumed at the upper end of what one SDK client takes (38 to 48 ms). */
export const functionLoadMilliseconds = 48;
/** How long an idle execution environment is kept, and how old one gets. Assumed; Lambda names no figure: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
export const functionIdleMilliseconds = 10 * 60_000;
export const functionAgeMilliseconds = 2 * 3_600_000;
/** Pauses before the retries of an asynchronous invocation: 'one minute before the first retry, two minutes before the second': https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
export const asynchronousRetryMilliseconds = [60_000, 120_000] as const;
/** How long CloudFormation waits for a custom resource: 3600 s unless ServiceTimeout says otherwise: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html */
export const customResourceTimeoutMilliseconds = 3_600_000;

// Databases.
/** From creation to `available`. Assumed: RDS says only that it takes several minutes. */
export const databaseCreationMilliseconds = { instance: 12 * 60_000, replica: 20 * 60_000 };
/** A TCP connection to a database, from a function in its VPC. Assumed. */
export const databaseConnectionMilliseconds = 2;
/** From a message of a client to the answer's arrival: the network and the server's work. Assumed. */
export const databaseMessageMilliseconds = 1;
/** From the end of a job's period to the commit of its run, inside a database: 1 to 17 ms were seen on PostgreSQL 15 with pg_cron 1.6. Assumed for RDS. */
export const jobStartMilliseconds = 7;
/** How long a change is under way to a replica in another region that has nothing wrong with it. Assumed: below the alarm's 5 s. */
export const replicationMilliseconds = { minimum: 80, maximum: 900 };
/**
 * 'By default RDS for PostgreSQL switches the WAL segment every 5 minutes, which results in a transaction record'; on the clock's fives is assumed.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html
 */
export const logSwitchMilliseconds = 5 * 60_000;

// Volumes.
/** A volume from `creating` to `available`. Assumed. */
export const volumeCreationMilliseconds = 10_000;
/** From a claim to the driver's call that makes its volume. Assumed. */
export const volumeProvisioningMilliseconds = 5_000;
/**
 * A snapshot or a copy of one from `pending` to `completed`: for what has changed since the last one, and beside that by the size of a
 * first one. Assumed: 'can take several hours', says https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html
 */
export const snapshotProgressMilliseconds = { minimum: 60_000, maximum: 180_000, perGibibyte: 1_000 };

// Databases: snapshots, restores, failover.
/** From CreateDBSnapshot to `available`, with an hour's changes to store. Assumed: RDS names no figure. */
export const snapshotMilliseconds = { minimum: 90_000, maximum: 240_000 };
/** From CreateDBSnapshot to the moment at which the data stand. Assumed: nobody is told which moment it is. */
export const snapshotInstantMilliseconds = { minimum: 500, maximum: 5_000 };
/** From DeleteDBSnapshot until a snapshot is gone. Assumed. */
export const snapshotDeletionMilliseconds = { minimum: 5_000, maximum: 30_000 };
/**
 * A copy of a snapshot to another region once it has begun, the first of an instance like any other. Assumed: 'can take hours', says RDS, by
 * the amount of data: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html
 */
export const snapshotCopyMilliseconds = { minimum: 180_000, maximum: 300_000 };
/** From RestoreDBInstanceFromDBSnapshot to the end of `creating`. Assumed: RDS names no figure, and the volume is there before its blocks. */
export const restoreMilliseconds = { minimum: 6 * 60_000, maximum: 12 * 60_000 };
/** The same to a point in time: the log of up to a day is replayed. Assumed. */
export const pointInTimeRestoreMilliseconds = { minimum: 10 * 60_000, maximum: 25 * 60_000 };
/**
 * Reading a table of a restored instance for the first time, and a part of one that has not been read: its blocks come from S3. Assumed;
 * that it is slow is said at https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html
 */
export const coldReadMilliseconds = { whole: 20_000, some: 30_000 };
/** From ModifyDBInstance until what needs no restart is in effect, and from DeleteDBInstance until the instance is gone. Assumed. */
export const databaseChangeMilliseconds = { minimum: 30_000, maximum: 90_000 };
export const databaseDeletionMilliseconds = { minimum: 120_000, maximum: 300_000 };
/** From StartExportTask to `COMPLETE`. Assumed: RDS says that it depends on the size, from minutes to hours. */
export const exportMilliseconds = { minimum: 20 * 60_000, maximum: 40 * 60_000 };
/** From the loss of a Multi-AZ instance's host to connections to the other half. 'typically 60-120 seconds': https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html */
export const multiAzFailoverMilliseconds = { minimum: 60_000, maximum: 120_000 };
/** From such a loss until RDS shows that it acts. Assumed. */
export const failureDetectionMilliseconds = 30_000;
/** From RebootDBInstance with ForceFailover to connections to the other half: nothing has to be noticed first. Assumed. */
export const forcedFailoverMilliseconds = { minimum: 30_000, maximum: 60_000 };
/** A restart of an instance. Assumed. */
export const databaseRestartMilliseconds = { minimum: 20_000, maximum: 60_000 };
/** Until RDS has put an instance of a single zone onto another host. Assumed. */
export const hostReplacementMilliseconds = { minimum: 300_000, maximum: 600_000 };
/** From PromoteReadReplica to `available`, the restart at its end included. 'several minutes or longer'; five to ten are assumed: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html */
export const promotionMilliseconds = { minimum: 300_000, maximum: 600_000 };
/** From the end of a promotion to the first backup of the instance that it made. Assumed. */
export const firstBackupDelayMilliseconds = 60_000;

// Secrets.
/** From a change of a secret to its replicas. Assumed: AWS says only that it 'replicates' changes. */
export const secretReplicationMilliseconds = 2_000;
/** Between the attempts to bring a change to a region that can't be reached. Assumed. */
export const secretReplicationRetryMilliseconds = 10_000;
/** Between the announcement of a rotation's version and the first invocation of its function. Assumed. */
export const rotationStepGapMilliseconds = 500;
/** Pauses before Secrets Manager tries a failed rotation again. 'Secrets Manager retries the entire rotation process multiple times' is all that is documented; how often and when is assumed: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
export const rotationRetryMilliseconds = [30_000, 120_000, 300_000] as const;

// Route 53.
/** A checker waits four seconds for a connection, and two for the answer: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html */
export const healthCheckTimeoutMilliseconds = 4_000;
/** From the end of a minute until a health check on an alarm has its data, and the name servers answer by it. Assumed: Route 53 names no figure. */
export const alarmStreamDelayMilliseconds = 10_000;
/** A question to the VPC's resolver. Assumed. */
export const dnsLookupMilliseconds = 2;
