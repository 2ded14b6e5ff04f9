import { atomicList, flag, struct, text } from '../schema.ts';
import { objectOf } from './meta.ts';

const destination = struct({ server: text, name: text, namespace: text });
const groupKinds = atomicList(struct({ group: text, kind: text, name: text }));

/** Argo CD's kinds, as far as the app uses them: https://argo-cd.readthedocs.io/en/stable/operator-manual/project-specification/ */
export const appProject = objectOf({
  spec: struct({
    description: text,
    sourceRepos: atomicList(text),
    destinations: atomicList(destination),
    clusterResourceWhitelist: groupKinds,
    namespaceResourceBlacklist: groupKinds,
  }),
});

/** https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/ */
export const application = objectOf({
  spec: struct({
    project: text,
    source: struct({ repoURL: text, targetRevision: text, path: text }),
    destination,
    ignoreDifferences: atomicList(
      struct({
        group: text,
        kind: text,
        name: text,
        namespace: text,
        jsonPointers: atomicList(text),
        jqPathExpressions: atomicList(text),
        managedFieldsManagers: atomicList(text),
      }),
    ),
    syncPolicy: struct({
      automated: struct({ prune: flag, selfHeal: flag, allowEmpty: flag }),
      syncOptions: atomicList(text),
    }),
  }),
});
