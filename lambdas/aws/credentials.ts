/**
 * Takes the place of `@aws-sdk/credential-provider-node` in the bundles (`bin/bundle.ts`): Lambda gives a function its role's session in
 * these variables, so the chain over files, SSO, web identity and instance metadata is 140 KB that no function of ours would run.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function defaultProvider(): () => Promise<FunctionCredentials> {
  return async () => functionCredentials();
}

export interface FunctionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Throws Error when the variables are missing: outside Lambda. */
export function functionCredentials(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): FunctionCredentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = variables;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && AWS_SESSION_TOKEN) {
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: AWS_SESSION_TOKEN,
    };
  }
  throw new Error(
    'The function has no credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN is not set. Lambda sets them; run it there.',
  );
}
