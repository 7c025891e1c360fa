// The oidc-provider package on loopback, configured for the interop tests:
// plain sign-in and consent pages, rotation with reuse detection, short lifetimes by option, pushed
// requests, bound tokens with nonces, signed clients, resources, registration open to everybody.
//   node server.mjs [ACCESS_TTL_SECONDS]     prints {"issuer": ...} and serves
import * as http from 'node:http';
import { randomBytes } from 'node:crypto';
import Provider, { errors } from 'oidc-provider';

const ACCESS_TTL = Number(process.argv[2] || 3600);
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const people = { alice: { password: 'alice-pw', name: 'Alice Example' }, carol: { password: 'carol-pw', name: 'Carol Éxample' } };

const loopback = ['http://127.0.0.1/callback', 'http://[::1]/callback'];
const person = { application_type: 'native', redirect_uris: loopback, response_types: ['code'], grant_types: ['authorization_code', 'refresh_token', DEVICE] };
const service = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'] };
const clients = [
  { client_id: 'native', token_endpoint_auth_method: 'none', ...person },
  { client_id: 'confidential', client_secret: 'a secret with / + % : & = in it', token_endpoint_auth_method: 'client_secret_basic', ...person },
  { client_id: 'service-basic', client_secret: 'basic/+ %:&=', token_endpoint_auth_method: 'client_secret_basic', ...service },
  { client_id: 'pushed', token_endpoint_auth_method: 'none', require_pushed_authorization_requests: true, ...person },
  { client_id: 'bound', token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true, ...person },
  { client_id: 'service-secret-jwt', client_secret: 'a secret of at least 32 bytes: enough', token_endpoint_auth_method: 'client_secret_jwt', ...service },
  { client_id: 'service-post', client_secret: 'post/+ %:&=', token_endpoint_auth_method: 'client_secret_post', ...service },
];

const escape = (text) => String(text ?? '').replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}`;

let provider;
const server = http.createServer((req, res) => handle(req, res).catch((error) => {
  if (!res.headersSent) { res.writeHead(error.statusCode || 500, { 'content-type': 'text/html' }); res.end(page('Error', `<p id="error">${escape(error.error_description || error.message)}</p>`)); }
}));

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, {
    clients,
    clockTolerance: 0,
    scopes: ['openid', 'offline_access', 'api:read', 'api:write'],
    acrValues: ['urn:interop:password', 'urn:interop:key'],
    claims: { acr: null, auth_time: null, openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['interop'] },
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
    pkce: { required: () => true },
    rotateRefreshToken: () => true,
    findAccount: async (_ctx, id) => people[id] && { accountId: id, claims: async () => ({ sub: id, name: people[id].name, preferred_username: id, email: `${id}@example.test`, email_verified: true }) },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: ACCESS_TTL, ClientCredentials: ACCESS_TTL, AuthorizationCode: 60, DeviceCode: 300, IdToken: 3600, RefreshToken: 86400, Grant: 86400, Interaction: 600, Session: 3600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      registration: { enabled: true, initialAccessToken: false },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => oneOf || undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (!resource.startsWith('https://api.example.test/')) throw new errors.InvalidTarget();
          return { scope: 'api:read api:write', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
        },
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form) => { ctx.body = page('Enter code', `${form}<button type="submit" form="op.deviceInputForm">Continue</button>`); },
        userCodeConfirmSource: (ctx, form) => { ctx.body = page('Confirm device', `${form}<button type="submit" form="op.deviceConfirmForm">Continue</button>`); },
        successSource: (ctx) => { ctx.body = page('Device signed in', '<p id="done">Done.</p>'); },
      },
    },
    renderError: (ctx, out) => { ctx.type = 'html'; ctx.body = page('Error', `<p id="error">${escape(out.error)}: ${escape(out.error_description)}</p>`); },
  });
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});

async function form(req) {
  let text = '';
  for await (const part of req) { text += part; if (text.length > 65536) throw new Error('too large'); }
  return new URLSearchParams(text);
}

async function handle(req, res) {
  const step = /^\/interaction\/([\w-]+)(?:\/(login|confirm|abort))?$/.exec(new URL(req.url, 'http://x').pathname);
  if (!step) return provider.callback()(req, res);
  const found = await provider.interactionDetails(req, res);
  const finish = (result, merge) => provider.interactionFinished(req, res, result, { mergeWithLastSubmission: merge });
  const show = (title, body) => { res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }); res.end(page(title, body)); };
  if (step[2] === 'abort') return finish({ error: 'access_denied', error_description: 'the person said no' }, false);
  if (found.prompt.name === 'login') {
    if (step[2] === 'login') {
      const given = await form(req);
      const name = given.get('username');
      if (people[name]?.password === given.get('password')) return finish({ login: { accountId: name, acr: 'urn:interop:password' } }, false);
    }
    return show('Sign in', `<form method="post" action="/interaction/${found.uid}/login"><input name="username"><input name="password" type="password"><button type="submit">Sign in</button></form><a id="deny" href="/interaction/${found.uid}/abort">Deny</a>`);
  }
  if (step[2] === 'confirm') {
    const grant = (found.grantId && await provider.Grant.find(found.grantId)) || new provider.Grant({ accountId: found.session.accountId, clientId: found.params.client_id });
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = found.prompt.details;
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
    if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
    for (const [resource, scopes] of Object.entries(missingResourceScopes || {})) grant.addResourceScope(resource, scopes.join(' '));
    return finish({ consent: { grantId: await grant.save() } }, true);
  }
  return show('Allow access', `<form method="post" action="/interaction/${found.uid}/confirm"><button type="submit">Allow</button></form><a id="deny" href="/interaction/${found.uid}/abort">Deny</a>`);
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => { server.close(); server.closeAllConnections(); process.exit(0); });
