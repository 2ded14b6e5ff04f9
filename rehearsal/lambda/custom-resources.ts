import { customResourceTimeoutMilliseconds } from '../aws/durations.ts';
import type { World } from '../aws/module.ts';
import { AwsError } from '../aws/service.ts';
import type { Json } from '../kernel/log.ts';
import type { NetworkPeer } from './network.ts';

/** CloudFormation's request to a custom resource; RequestId and ResponseURL are added here. */
export interface CustomResourceRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly StackId: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Readonly<Record<string, Json>>;
  readonly OldResourceProperties?: Readonly<Record<string, Json>>;
}

export interface CustomResourceAnswer {
  readonly physicalResourceId: string;
  readonly data: Readonly<Record<string, Json>>;
  readonly noEcho: boolean;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
interface ResponseBody {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly NoEcho?: boolean;
  readonly Data?: Readonly<Record<string, Json>>;
}

interface Pending {
  readonly request: CustomResourceRequest;
  settle(body: ResponseBody): void;
}

/** Asks functions for custom resources, and is the bucket that their answers are put into. */
export class CustomResources {
  readonly peer: NetworkPeer;
  readonly #world: World;
  readonly #invoke: (functionArn: string, payload: string) => void;
  readonly #pending = new Map<string, Pending>();

  /** `invoke` hands an event to the function asynchronously. */
  constructor(world: World, invoke: (functionArn: string, payload: string) => void) {
    this.#world = world;
    this.#invoke = invoke;
    this.peer = {
      name: "CloudFormation's answer bucket",
      serves: (host) => /^cloudformation-custom-resource-response-\w+\.s3(\.[a-z0-9-]+)?\.amazonaws\.com$/.test(host),
      handle: async (request) => {
        const status = request.method === 'PUT' ? this.#receive(request.path, request.body.toString('utf8')) : 403;
        return { status, headers: {}, body: '' };
      },
    };
  }

  /** Throws AwsError when the function says FAILED, answers what is not an answer, or not within the hour. */
  async ask(functionArn: string, request: CustomResourceRequest): Promise<CustomResourceAnswer> {
    const { account } = this.#world;
    const region = functionArn.split(':')[3] ?? '';
    const requestId = account.nextId('custom-resource', 'uuid');
    const host = `cloudformation-custom-resource-response-${region.replaceAll('-', '')}.s3.${region}.amazonaws.com`;
    const path = `/${encodeURIComponent(`${request.StackId}|${request.LogicalResourceId}|${requestId}`)}`;
    const event = {
      ...request,
      RequestId: requestId,
      ResponseURL: `https://${host}${path}?X-Amz-Signature=${requestId}`,
    };
    const answered = new Promise<ResponseBody | undefined>((resolve) => {
      const timer = account.kernel.after(customResourceTimeoutMilliseconds, 'custom resource timeout', () =>
        resolve(undefined),
      );
      this.#pending.set(`${path}?X-Amz-Signature=${requestId}`, {
        request,
        settle: (body) => {
          timer.cancel();
          resolve(body);
        },
      });
    });
    this.#invoke(functionArn, JSON.stringify(event));
    const body = await answered;
    if (!body)
      throw failed(
        'CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId',
        requestId,
      );
    if (
      body.RequestId !== requestId ||
      body.StackId !== request.StackId ||
      body.LogicalResourceId !== request.LogicalResourceId
    ) {
      throw failed('Invalid response: RequestId, StackId or LogicalResourceId are not those of the request', requestId);
    }
    if (body.Status !== 'SUCCESS')
      throw failed(
        `Received response status [FAILED] from custom resource. Message returned: ${body.Reason}`,
        requestId,
      );
    if (!body.PhysicalResourceId) throw failed('Invalid PhysicalResourceId', requestId);
    return { physicalResourceId: body.PhysicalResourceId, data: body.Data ?? {}, noEcho: body.NoEcho ?? false };
  }

  /** An answer may come more than once (the function was retried); the first counts. */
  #receive(path: string, text: string): number {
    const pending = this.#pending.get(path);
    if (!pending) return 403;
    // At most 4096 bytes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    if (Buffer.byteLength(text) > 4096) {
      const { StackId, LogicalResourceId } = pending.request;
      pending.settle({
        Status: 'FAILED',
        Reason: 'Response object is too long.',
        StackId,
        LogicalResourceId,
        RequestId: path.slice(path.lastIndexOf('=') + 1),
      });
    } else {
      pending.settle(JSON.parse(text) as ResponseBody);
    }
    return 200;
  }
}

function failed(message: string, requestId: string): AwsError {
  return new AwsError('CustomResourceFailed', `${message} (RequestId: ${requestId})`);
}
