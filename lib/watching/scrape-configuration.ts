/** The series that rules ask for; everything else a scrape finds is dropped before it costs anything. */
const keptSeries = {
  node: ['machine_cpu_cores', 'container_cpu_usage_seconds_total', 'container_memory_working_set_bytes'],
  state: ['kube_node_status_condition', 'kube_pod_container_resource_limits'],
} as const;

/** Annotation of a pod that wants to be scraped, with the port beside it. */
export const scrapeAnnotations = { scrape: 'prometheus.io/scrape', port: 'prometheus.io/port' } as const;

/**
 * What the collector scrapes, as text: JSON, which is YAML. Nodes through the API server, the state of objects from kube-state-metrics, and the
 * environment's own pods that ask for it. https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-collector-how-to.html#AMP-collector-configuration
 */
export function scrapeConfiguration(environmentName: string): string {
  return JSON.stringify({
    global: { scrape_interval: '30s', external_labels: { environment: environmentName } },
    scrape_configs: [nodes(), objectStates(), services(environmentName)],
  });
}

function nodes(): object {
  return {
    job_name: 'nodes',
    scheme: 'https',
    authorization: { type: 'Bearer', credentials_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [
      { target_label: '__address__', replacement: 'kubernetes.default.svc:443' },
      {
        source_labels: ['__meta_kubernetes_node_name'],
        target_label: '__metrics_path__',
        replacement: '/api/v1/nodes/$1/proxy/metrics/cadvisor',
      },
      { source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' },
    ],
    metric_relabel_configs: [keep(keptSeries.node)],
  };
}

function objectStates(): object {
  return {
    job_name: 'kube-state-metrics',
    kubernetes_sd_configs: [{ role: 'pod' }],
    relabel_configs: [
      {
        action: 'keep',
        source_labels: [
          '__meta_kubernetes_pod_label_app_kubernetes_io_name',
          '__meta_kubernetes_pod_container_port_name',
        ],
        regex: 'kube-state-metrics;http(-metrics)?',
      },
    ],
    // The pods that it speaks of, not the one that it runs in.
    honor_labels: true,
    metric_relabel_configs: [keep(keptSeries.state)],
  };
}

function services(environmentName: string): object {
  const annotation = (name: string) => `__meta_kubernetes_pod_annotation_${name.replaceAll(/[./-]/g, '_')}`;
  return {
    job_name: 'services',
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [environmentName] } }],
    relabel_configs: [
      { action: 'keep', source_labels: [annotation(scrapeAnnotations.scrape)], regex: 'true' },
      {
        source_labels: ['__meta_kubernetes_pod_ip', annotation(scrapeAnnotations.port)],
        regex: '(.+);(\\d+)',
        target_label: '__address__',
        replacement: '$1:$2',
      },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { source_labels: ['__meta_kubernetes_pod_label_app_kubernetes_io_name'], target_label: 'service' },
    ],
    metric_relabel_configs: [keep(['graph_query_duration_seconds_bucket'])],
  };
}

function keep(names: readonly string[]): object {
  return { action: 'keep', source_labels: ['__name__'], regex: names.join('|') };
}
