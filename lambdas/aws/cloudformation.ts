import { request } from 'node:https';
import type { CustomResourceRequest } from '../workloads/custom-resource.ts';

/** An answer may hold 4,096 bytes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
const reasonCharactersMax = 2_000;

/** Tells CloudFormation the end of a request, with attributes of the resource where it has some; without it the stack waits for its timeout. Throws when the upload fails. */
export function answerCloudFormation(
  asked: CustomResourceRequest,
  physicalResourceId: string,
  failure?: Error,
  data?: Readonly<Record<string, string>>,
): Promise<void> {
  const body = JSON.stringify({
    Status: failure ? 'FAILED' : 'SUCCESS',
    Reason: failure ? `${failure.name}: ${failure.message}`.slice(0, reasonCharactersMax) : '',
    PhysicalResourceId: physicalResourceId,
    StackId: asked.StackId,
    RequestId: asked.RequestId,
    LogicalResourceId: asked.LogicalResourceId,
    ...(data ? { Data: data } : {}),
  });
  const { hostname, pathname, search } = new URL(asked.ResponseURL);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port: 443,
        path: `${pathname}${search}`,
        method: 'PUT',
        timeout: 10_000,
        // The presigned address was signed with an empty content type.
        headers: { 'content-type': '', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status < 300) resolve();
          else reject(new Error(`CloudFormation's answer address refused the answer: ${status}`));
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error("CloudFormation's answer address did not answer within 10 s")));
    sent.on('error', reject);
    sent.end(body);
  });
}
