import { createHash } from 'node:crypto';
import type { ResourceRequest } from '../aws/service.ts';

/**
 * The name CloudFormation gives a resource whose template names none: stack, logical id and a random part (here: derived
 * from both, so that the same app always gets the same names), cut to the resource's longest name.
 */
export function generatedName(request: ResourceRequest, lengthMaximum: number): string {
  const digest = createHash('sha256').update(`${request.region}/${request.stackName}/${request.logicalId}`).digest();
  const random = [...digest.subarray(0, 12)]
    .map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.charAt(byte % 62))
    .join('');
  const room = lengthMaximum - random.length - 2;
  const stack = request.stackName.slice(0, Math.max(Math.floor(room / 2), room - request.logicalId.length));
  return `${stack}-${request.logicalId.slice(0, room - stack.length)}-${random}`;
}
