import { anything, atomicList, flag, integer, intOrString, quantity, struct, text } from '../schema.ts';
import { conditions, labelSelector, objectOf, templateMeta } from './meta.ts';
import { podSpec } from './pod.ts';

const template = struct({ metadata: templateMeta, spec: podSpec });

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
export const deployment = objectOf({
  spec: struct({
    replicas: integer,
    selector: labelSelector,
    template,
    strategy: struct({ type: text, rollingUpdate: struct({ maxSurge: intOrString, maxUnavailable: intOrString }) }),
    minReadySeconds: integer,
    revisionHistoryLimit: integer,
    progressDeadlineSeconds: integer,
    paused: flag,
  }),
  status: struct({
    observedGeneration: integer,
    replicas: integer,
    updatedReplicas: integer,
    readyReplicas: integer,
    availableReplicas: integer,
    unavailableReplicas: integer,
    conditions,
  }),
});

export const replicaSet = objectOf({
  spec: struct({ replicas: integer, selector: labelSelector, template, minReadySeconds: integer }),
  status: struct({
    replicas: integer,
    fullyLabeledReplicas: integer,
    readyReplicas: integer,
    availableReplicas: integer,
    observedGeneration: integer,
  }),
});

export const pod = objectOf({ spec: podSpec, status: anything });

const metricTarget = struct({ type: text, averageUtilization: integer, averageValue: quantity, value: quantity });
const scalingRules = struct({
  stabilizationWindowSeconds: integer,
  selectPolicy: text,
  policies: atomicList(struct({ type: text, value: integer, periodSeconds: integer })),
});

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/ */
export const horizontalPodAutoscaler = objectOf({
  spec: struct({
    scaleTargetRef: struct({ apiVersion: text, kind: text, name: text }),
    minReplicas: integer,
    maxReplicas: integer,
    metrics: atomicList(struct({ type: text, resource: struct({ name: text, target: metricTarget }) })),
    behavior: struct({ scaleUp: scalingRules, scaleDown: scalingRules }),
  }),
  status: struct({
    observedGeneration: integer,
    currentReplicas: integer,
    desiredReplicas: integer,
    lastScaleTime: text,
    currentMetrics: anything,
    conditions,
  }),
});

export const podDisruptionBudget = objectOf({
  spec: struct({
    minAvailable: intOrString,
    maxUnavailable: intOrString,
    selector: labelSelector,
    unhealthyPodEvictionPolicy: text,
  }),
  status: anything,
});
