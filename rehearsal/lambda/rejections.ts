/** An execution environment whose promises may be rejected with nobody to catch them. */
export interface RejectionOwner {
  onRejection(reason: unknown): void;
}

const owners = new WeakMap<object, RejectionOwner>();
let listening = false;

/**
 * From now on a rejection that nothing in this environment catches reaches the environment instead of ending the process. A
 * promise tells its environment by its prototype, which is that of the environment's own realm. Rejections of the
 * simulation itself end the process as they would without us.
 */
export function adoptRejections(promisePrototype: object, owner: RejectionOwner): void {
  owners.set(promisePrototype, owner);
  if (listening) return;
  listening = true;
  process.on('unhandledRejection', (reason, promise) => {
    const found = owners.get(Object.getPrototypeOf(promise) as object);
    if (found) found.onRejection(reason);
    else if (process.listenerCount('unhandledRejection') === 1) throw reason;
  });
}
