/** An image as it was pushed for a stage. */
export interface PushedImage {
  readonly tag: string;
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly pushedAt: number;
}

/**
 * Older images are nobody's newest work. Far below the ninety days for which Step Functions knows a name again, so that no image is
 * started twice: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
const releasedWithinDays = 7;

/** So long an image may be on its way to the other regions, or in the queue of their scans; then its promotion says what is missing. */
const checksEndWithinMinutes = 60;

/** The image of this stage that was pushed last, unless that was long ago. */
export function newestPushed(images: readonly PushedImage[], tagPattern: string, now: Date): PushedImage | undefined {
  const pattern = new RegExp(tagPattern);
  const since = now.getTime() - releasedWithinDays * 86_400_000;
  return images
    .filter(({ tag, pushedAt }) => pushedAt >= since && pattern.test(tag))
    .reduce<PushedImage | undefined>(
      (newest, image) => (newest && newest.pushedAt >= image.pushedAt ? newest : image),
      undefined,
    );
}

/** Whether its checks may still end by themselves. */
export function mayStillArrive({ pushedAt }: PushedImage, now: Date): boolean {
  return now.getTime() - pushedAt < checksEndWithinMinutes * 60_000;
}

/**
 * Name of the execution that promotes the image: the same for the same image, so that it is promoted once, however often it is found. A
 * release that was refused or rolled back is not tried again by itself.
 */
export function pushedReleaseName(service: string, digest: string): string {
  return `pushed-${digest.replace(/^sha256:/, '').slice(0, 12)}-${service}`;
}
