import { anything, atomicList, flag, mapOf, quantity, struct, text } from '../schema.ts';
import { conditions, labelSelector, objectOf } from './meta.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/ */
export const storageClass = objectOf({
  provisioner: text,
  parameters: mapOf(text),
  reclaimPolicy: text,
  volumeBindingMode: text,
  allowVolumeExpansion: flag,
  mountOptions: atomicList(text),
});

export const volumeAttributesClass = objectOf({ driverName: text, parameters: mapOf(text) });

export const persistentVolume = objectOf({
  spec: struct({
    capacity: mapOf(quantity),
    accessModes: atomicList(text),
    persistentVolumeReclaimPolicy: text,
    storageClassName: text,
    volumeAttributesClassName: text,
    volumeMode: text,
    claimRef: anything,
    csi: anything,
    nodeAffinity: anything,
  }),
  status: anything,
});

export const persistentVolumeClaim = objectOf({
  spec: struct({
    accessModes: atomicList(text),
    storageClassName: text,
    volumeAttributesClassName: text,
    volumeMode: text,
    volumeName: text,
    resources: struct({ requests: mapOf(quantity), limits: mapOf(quantity) }),
    selector: labelSelector,
  }),
  status: struct({ phase: text, accessModes: atomicList(text), capacity: mapOf(quantity), conditions }),
});

/** https://secrets-store-csi-driver.sigs.k8s.io/concepts.html#secretproviderclass */
export const secretProviderClass = objectOf({
  spec: struct({ provider: text, parameters: mapOf(text), secretObjects: anything }),
  status: anything,
});
