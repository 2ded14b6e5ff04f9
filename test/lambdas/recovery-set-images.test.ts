import { expect, it } from 'vitest';
import { imagesOfRecoverySets } from '../../lambdas/images/recovery-sets.ts';
import type { RecoverySetImages } from '../../lambdas/ports/recovery-sets.ts';

const image = (digest: string, repository = 'aeon/api') => ({ repository, digest, tag: `tag-${digest}` });
const held: Record<string, RecoverySetImages[]> = {
  'us-east-1': [
    { setId: 'one', state: 'verified', images: [image('a'), image('x', 'aeon/worker')] },
    { setId: 'two', state: 'complete', images: [image('a')] },
    { setId: 'three', state: 'failed', images: [image('b')] },
    { setId: 'four', state: 'deleting', images: [image('c')] },
  ],
  'us-west-2': [{ setId: 'five', state: 'verified', images: [image('d')] }],
};

it('images are needed that a set of either region would bring back, each once; not those of sets that failed or go', async () => {
  const sets = imagesOfRecoverySets(Object.keys(held), async (region) => held[region] ?? []);
  expect(await sets.imagesOf('aeon/api')).toEqual([
    { digest: 'a', tag: 'tag-a', because: 'the recovery set two holds it' },
    { digest: 'd', tag: 'tag-d', because: 'the recovery set five holds it' },
  ]);
  expect(await sets.imagesOf('aeon/web')).toEqual([]);
});

it('nothing is said of images where a region does not answer', async () => {
  const sets = imagesOfRecoverySets(['us-east-1'], () => Promise.reject(new Error('no answer')));
  await expect(sets.imagesOf('aeon/api')).rejects.toThrow('no answer');
});
