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
/** A node from launch to ready: 45 to 90 s; taken at its upper end. */
export const nodeStartMilliseconds = 90_000;
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
/** Replication lag between regions of a replica that has nothing wrong with it. Assumed: below the alarm's 5 s. */
export const replicaLagMilliseconds = { minimum: 80, maximum: 900 };
