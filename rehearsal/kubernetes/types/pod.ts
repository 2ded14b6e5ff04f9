import {
  anything,
  atomicList,
  atomicMap,
  atomicStruct,
  flag,
  integer,
  intOrString,
  listBy,
  mapOf,
  quantity,
  type Schema,
  struct,
  text,
} from '../schema.ts';
import { labelSelector, nodeSelectorRequirement } from './meta.ts';

/**
 * PodSpec, with the merge keys of its OpenAPI types (x-kubernetes-list-map-keys):
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */
const httpGet = struct({
  path: text,
  port: intOrString,
  scheme: text,
  host: text,
  httpHeaders: atomicList(struct({ name: text, value: text })),
});
const command = struct({ command: atomicList(text) });
const probe = struct({
  httpGet,
  tcpSocket: struct({ port: intOrString, host: text }),
  exec: command,
  initialDelaySeconds: integer,
  periodSeconds: integer,
  timeoutSeconds: integer,
  successThreshold: integer,
  failureThreshold: integer,
  terminationGracePeriodSeconds: integer,
});
const lifecycleHandler = struct({ exec: command, httpGet, sleep: struct({ seconds: integer }) });
const keyReference = atomicStruct({ name: text, key: text, optional: flag });
const environmentVariable = struct({
  name: text,
  value: text,
  valueFrom: struct({
    fieldRef: atomicStruct({ apiVersion: text, fieldPath: text }),
    resourceFieldRef: atomicStruct({ containerName: text, resource: text, divisor: quantity }),
    configMapKeyRef: keyReference,
    secretKeyRef: keyReference,
  }),
});
const seccompProfile = struct({ type: text, localhostProfile: text });

const container = struct({
  name: text,
  image: text,
  imagePullPolicy: text,
  command: atomicList(text),
  args: atomicList(text),
  workingDir: text,
  ports: listBy(
    ['containerPort', 'protocol'],
    struct({ containerPort: integer, protocol: text, name: text, hostPort: integer }),
  ),
  env: listBy(['name'], environmentVariable),
  envFrom: atomicList(
    struct({
      prefix: text,
      configMapRef: struct({ name: text, optional: flag }),
      secretRef: struct({ name: text, optional: flag }),
    }),
  ),
  resources: struct({ requests: mapOf(quantity), limits: mapOf(quantity) }),
  volumeMounts: listBy(['mountPath'], struct({ mountPath: text, name: text, readOnly: flag, subPath: text })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: struct({ preStop: lifecycleHandler, postStart: lifecycleHandler }),
  securityContext: struct({
    allowPrivilegeEscalation: flag,
    privileged: flag,
    readOnlyRootFilesystem: flag,
    runAsNonRoot: flag,
    runAsUser: integer,
    runAsGroup: integer,
    capabilities: struct({ add: atomicList(text), drop: atomicList(text) }),
    seccompProfile,
  }),
  terminationMessagePath: text,
  terminationMessagePolicy: text,
});

const keyToPath = atomicList(struct({ key: text, path: text, mode: integer }));
const volume = struct({
  name: text,
  emptyDir: struct({ medium: text, sizeLimit: quantity }),
  configMap: struct({ name: text, defaultMode: integer, optional: flag, items: keyToPath }),
  secret: struct({ secretName: text, defaultMode: integer, optional: flag, items: keyToPath }),
  persistentVolumeClaim: struct({ claimName: text, readOnly: flag }),
  csi: struct({ driver: text, readOnly: flag, volumeAttributes: mapOf(text), fsType: text }),
  projected: anything,
});

const nodeSelectorTerm = atomicStruct({
  matchExpressions: nodeSelectorRequirement,
  matchFields: nodeSelectorRequirement,
});
const podAffinityTerm = struct({ labelSelector, topologyKey: text, namespaces: atomicList(text) });
const podAffinity = struct({
  requiredDuringSchedulingIgnoredDuringExecution: atomicList(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(struct({ weight: integer, podAffinityTerm })),
});

export const podSpec: Schema = struct({
  containers: listBy(['name'], container),
  initContainers: listBy(['name'], container),
  volumes: listBy(['name'], volume),
  serviceAccountName: text,
  serviceAccount: text,
  automountServiceAccountToken: flag,
  restartPolicy: text,
  terminationGracePeriodSeconds: integer,
  dnsPolicy: text,
  enableServiceLinks: flag,
  schedulerName: text,
  priorityClassName: text,
  hostNetwork: flag,
  nodeName: text,
  nodeSelector: atomicMap(text),
  tolerations: atomicList(struct({ key: text, operator: text, value: text, effect: text, tolerationSeconds: integer })),
  affinity: struct({
    nodeAffinity: struct({
      requiredDuringSchedulingIgnoredDuringExecution: atomicStruct({ nodeSelectorTerms: atomicList(nodeSelectorTerm) }),
      preferredDuringSchedulingIgnoredDuringExecution: atomicList(
        struct({ weight: integer, preference: nodeSelectorTerm }),
      ),
    }),
    podAffinity,
    podAntiAffinity: podAffinity,
  }),
  topologySpreadConstraints: listBy(
    ['topologyKey', 'whenUnsatisfiable'],
    struct({
      topologyKey: text,
      whenUnsatisfiable: text,
      maxSkew: integer,
      labelSelector,
      matchLabelKeys: atomicList(text),
    }),
  ),
  readinessGates: atomicList(struct({ conditionType: text })),
  securityContext: struct({
    runAsNonRoot: flag,
    runAsUser: integer,
    runAsGroup: integer,
    fsGroup: integer,
    fsGroupChangePolicy: text,
    supplementalGroups: atomicList(integer),
    seccompProfile,
  }),
});
