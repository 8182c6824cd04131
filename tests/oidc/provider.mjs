// An OpenID provider of FAPI 2.0 for the tests: told on its standard input, says its port.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder] = process.argv.slice(2);
const find = createRequire(`${folder}/package.json`);
const { Provider } = await import(pathToFileURL(find.resolve('oidc-provider')));
const told = JSON.parse(readFileSync(0, 'utf8'));

const client = (more) => ({
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  id_token_signed_response_alg: 'ES256',
  dpop_bound_access_tokens: true,
  ...more,
});

const provider = new Provider(told.issuer, {
  jwks: { keys: told.keys },
  clients: [
    ...told.nodes.map(([id, node]) =>
      client({
        client_id: id,
        jwks: { keys: [told.client_key] },
        redirect_uris: [`${node}/sign-in/done`],
        post_logout_redirect_uris: [`${node}/sign-in`],
        backchannel_logout_uri: `${node}/sign-in/ended`,
        backchannel_logout_session_required: true,
        grant_types: ['authorization_code'],
        response_types: ['code'],
        require_pushed_authorization_requests: true,
      }),
    ),
    client({
      client_id: told.program,
      jwks: { keys: [told.program_key] },
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    }),
  ],
  claims: { openid: ['sub'], profile: ['name'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: told.names[id] ?? `Name of ${id}` }),
  }),
  enabledJWA: {
    clientAuthSigningAlgValues: ['ES256'],
    idTokenSigningAlgValues: ['ES256', 'PS256', 'RS256'],
    dPoPSigningAlgValues: ['ES256'],
  },
  extraTokenClaims: (_, token) =>
    token.kind === 'ClientCredentials' ? { [told.claim]: told.organisation } : undefined,
  features: {
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => told.nonces },
    fapi: { enabled: true, profile: '2.0' },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) =>
        ctx.oidc.client?.clientId === told.program ? told.audience : [],
      getResourceServerInfo: () => ({
        scope: '',
        audience: told.audience,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
      useGrantedResource: () => true,
    },
    rpInitiatedLogout: { enabled: true },
    userinfo: { enabled: false },
  },
  // The node is on this machine, where a provider of its own accord sends nothing.
  fetch: (address, { dispatcher, ...options }) => fetch(address, options),
  pkce: { required: () => true },
  ttl: { Session: 600, Grant: 600, Interaction: 600, IdToken: 300 },
});

for (const event of ['backchannel.error', 'server_error']) {
  provider.on(event, (_, error) => console.error(event, error));
}

const server = provider.listen(Number(new URL(told.issuer).port), '127.0.0.1', () => {
  console.log('listening');
});
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
});
