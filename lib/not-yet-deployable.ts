/** The definition asks for something that no stack makes yet. Better no deployment than one that leaves it out in silence. */
export class NotYetDeployable extends Error {
  override readonly name = 'NotYetDeployable';
}
