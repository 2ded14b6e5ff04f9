export { CredentialStore, type Credentials } from './credentials.ts';
export { type EnvironmentOptions, ExecutionEnvironment, type InvocationOutcome } from './environment.ts';
export {
  Network,
  NetworkError,
  type NetworkPeer,
  type NetworkRequest,
  type NetworkResponse,
  type NetworkSource,
} from './network.ts';
