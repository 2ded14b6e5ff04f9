import { TagAgainstConvention, UnknownTag } from '../../domain/errors.ts';
import { tagCharactersMax } from '../../domain/image-tag.ts';
import type { ResolveImageInput } from '../../domain/workflows/canary-promotion.ts';
import type { Image } from '../../domain/workflows/shared.ts';
import type { ImageRegistry } from '../ports/aws.ts';

/** The image under the tag that was asked for. Throws TagAgainstConvention, UnknownTag. */
export async function resolveImage(
  { plan, request: { tag } }: ResolveImageInput,
  { registry }: { registry: ImageRegistry },
): Promise<Image> {
  if (tag.length > tagCharactersMax || !new RegExp(plan.tagPattern).test(tag)) {
    throw new TagAgainstConvention(
      `The tag '${tag}' is not one of '${plan.service}' in ${plan.stage}: allowed is '${plan.tagConvention}' (${plan.tagPattern}). ` +
        'Build and push the image under such a tag, and start again with that one.',
    );
  }
  const found = await registry.find(plan.repository, tag);
  if (!found) throw new UnknownTag(plan.repository, tag);
  return { tag, ...found };
}
