import * as z from 'zod';
import { deliveryOwnedKinds } from './delivery-owned.ts';

/** JSON text, as CloudFormation would make strings of all numbers and booleans of a custom resource's properties. */
function jsonText<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('must be JSON text');
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const kubernetesObject = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
});

const objectName = z.strictObject({
  kind: z.enum(deliveryOwnedKinds),
  namespace: z.string().optional(),
  name: z.string().min(1),
});

export const properties = z.object({
  Objects: jsonText(z.array(kubernetesObject)),
  DeliveryOwned: jsonText(z.array(objectName)),
});

const common = {
  ResponseURL: z.url({ protocol: /^https$/ }),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html, without the properties: they may be wrong. */
export const customResourceRequest = z.discriminatedUnion('RequestType', [
  z.object({ ...common, RequestType: z.literal('Create'), ResourceProperties: z.unknown() }),
  z.object({
    ...common,
    RequestType: z.literal('Update'),
    PhysicalResourceId: z.string(),
    ResourceProperties: z.unknown(),
    OldResourceProperties: z.unknown(),
  }),
  z.object({
    ...common,
    RequestType: z.literal('Delete'),
    PhysicalResourceId: z.string(),
    ResourceProperties: z.unknown(),
  }),
]);
export type CustomResourceRequest = z.infer<typeof customResourceRequest>;
