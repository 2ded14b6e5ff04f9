const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `500m` → 0.5, `512Mi` → bytes. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ Throws RangeError. */
export function parseQuantity(quantity: string | number): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(String(quantity));
  const factor = suffixes[match?.[2] ?? ''];
  if (!match || factor === undefined)
    throw new RangeError(`'${quantity}' is no quantity; allowed are numbers with a suffix like m, k, Mi.`);
  return Number(match[1]) * factor;
}
