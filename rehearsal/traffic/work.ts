/** Work of services without a route (queues): it shows as CPU of their pods alone, shared evenly by those that are ready. */
export class QueueWork {
  readonly #cores = new Map<string, number>();

  /** Cores that the work of a Deployment (by its name) takes in all, from now on; none unless told. */
  set(deployment: string, cores: number): void {
    if (!(cores >= 0)) throw new RangeError(`cores: a number from 0 on is needed; ${cores} came`);
    this.#cores.set(deployment, cores);
  }

  /** Cores that each of so many ready pods is kept busy with. */
  coresOfEach(deployment: string, readyPods: number): number {
    return readyPods === 0 ? 0 : (this.#cores.get(deployment) ?? 0) / readyPods;
  }
}
