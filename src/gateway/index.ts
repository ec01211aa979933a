export { createGateway, type Gateway } from './createGateway.ts';
export type { GatewayAuth } from './credential.ts';
export { type MintTokenOptions, mintToken, type VerifyTokenOptions, verifyToken } from './mintToken.ts';
export type { GatewayOptions } from './options.ts';
export type { Secret } from './signature.ts';
export type { TokenClaims } from './token.ts';
