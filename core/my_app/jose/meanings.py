"""What registered header parameters and claims mean, and those of common providers, one plain phrase each.

Sources: the IANA JOSE and JWT registries (RFC 7515, 7519, 7800, 8693, 9068, 9449, OIDC Core) and the token
references of Microsoft Entra, Google, Okta, Auth0, Keycloak, Amazon Cognito and GitLab.
"""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "Private claim, not registered"

TIMES: Final = frozenset(("exp", "nbf", "iat", "auth_time", "updated_at", "xms_tpl_exp", "toe", "password_last_changed"))
"""Claims that are numbers of seconds since 1970."""

HEADER: Final = {
    "alg": "Signature algorithm",
    "kid": "Which of the issuer's keys signed it",
    "typ": "What kind of token it is",
    "cty": "What the payload is (JWT: another token inside)",
    "crit": "Extensions a reader must understand; none is known here",
    "b64": "Whether the payload is base64url encoded",
    "jku": "Address of a key set; never fetched, never trusted",
    "jwk": "A key brought by the token itself; never trusted",
    "x5u": "Address of a certificate; never fetched, never trusted",
    "x5c": "A certificate brought by the token itself; never trusted",
    "x5t": "Thumbprint (SHA-1) of the signer's certificate",
    "x5t#S256": "Thumbprint (SHA-256) of the signer's certificate",
    "enc": "Encryption of the content (JWE)",
    "zip": "Compression of the content (JWE)",
    "epk": "One-time public key of the sender (JWE)",
    "apu": "Who sends (JWE key agreement)",
    "apv": "Who receives (JWE key agreement)",
    "p2s": "Salt of a password-based key (JWE)",
    "p2c": "Rounds of a password-based key (JWE)",
    "iv": "Start value of the key encryption (JWE)",
    "tag": "Check value of the key encryption (JWE)",
    "nonce": "Fresh value that ties the token to one request",
}

CLAIMS: Final = {
    # RFC 7519
    "iss": "Who issued the token",
    "sub": "Whom it is about: the account's fixed id at this issuer",
    "aud": "For whom it is meant; anybody else must refuse it",
    "exp": "When it ends",
    "nbf": "Not valid before",
    "iat": "When it was issued",
    "jti": "The token's own id",
    # OIDC Core
    "azp": "The client it was made for",
    "nonce": "Ties it to one sign-in",
    "auth_time": "When the person last signed in",
    "acr": "How strong the sign-in was",
    "amr": "How the person proved themselves",
    "at_hash": "Ties it to one access token",
    "c_hash": "Ties it to one authorization code",
    "s_hash": "Ties it to one state value",
    "sid": "The sign-in session at the issuer",
    "name": "Full name",
    "given_name": "Given name",
    "family_name": "Family name",
    "middle_name": "Middle name",
    "nickname": "Nickname",
    "preferred_username": "User name; may change, decides nothing",
    "profile": "Profile page",
    "picture": "Picture",
    "website": "Web site",
    "email": "E-mail address; may change, decides nothing",
    "email_verified": "Whether the issuer checked the e-mail address",
    "gender": "Gender",
    "birthdate": "Date of birth",
    "zoneinfo": "Time zone",
    "locale": "Language and region",
    "phone_number": "Telephone number",
    "phone_number_verified": "Whether the issuer checked the telephone number",
    "address": "Postal address",
    "updated_at": "When the profile last changed",
    # OAuth
    "scope": "What it allows",
    "scp": "What it allows (scopes)",
    "client_id": "The client that got it",
    "act": "Who acts on behalf of the subject",
    "may_act": "Who may act on behalf of the subject",
    "cnf": "The key its holder has to prove; useless to a thief without it",
    "authorization_details": "What it allows, in detail",
    "roles": "Roles of the subject",
    "groups": "Groups of the subject",
    "entitlements": "Entitlements of the subject",
    "events": "What has happened (security event or logout token)",
    "htm": "The HTTP method this proof is for (DPoP)",
    "htu": "The address this proof is for (DPoP)",
    "ath": "The access token this proof is for (DPoP)",
    # Microsoft Entra
    "tid": "Tenant (Microsoft)",
    "oid": "The account's id over all apps of the tenant (Microsoft)",
    "upn": "Sign-in name; may change (Microsoft)",
    "unique_name": "Name to show (Microsoft, old)",
    "ver": "Version of the token format",
    "appid": "The client that got it (Microsoft)",
    "appidacr": "How the client proved itself (Microsoft): 0 not, 1 secret, 2 certificate",
    "app_displayname": "Name of the client (Microsoft)",
    "idp": "Where the person signed in",
    "idtyp": "Whether it is for a user or an app (Microsoft)",
    "wids": "Directory roles (Microsoft)",
    "hasgroups": "The person is in more groups than fit (Microsoft)",
    "ipaddr": "Address the sign-in came from",
    "xms_tcdt": "When the tenant was made (Microsoft)",
    "aio": "For the issuer's own use (Microsoft)",
    "rh": "For the issuer's own use (Microsoft)",
    "uti": "For the issuer's own use (Microsoft): the token's id",
    # Google
    "hd": "Workspace domain of the account (Google)",
    # Okta
    "cid": "The client that got it (Okta)",
    "uid": "The account's id (Okta)",
    # Auth0
    "gty": "Grant it came from (Auth0)",
    "permissions": "Permissions of the subject (Auth0)",
    "org_id": "Organization (Auth0)",
    "org_name": "Name of the organization (Auth0)",
    # Keycloak
    "realm_access": "Roles in the realm (Keycloak)",
    "resource_access": "Roles per client (Keycloak)",
    "allowed-origins": "Web origins that may use it (Keycloak)",
    "session_state": "The sign-in session (Keycloak)",
    "typ": "What kind of token it is (Keycloak)",
    # Amazon Cognito
    "token_use": "Whether it is an ID or an access token (Cognito)",
    "cognito:username": "User name (Cognito)",
    "cognito:groups": "Groups (Cognito)",
    "origin_jti": "The sign-in it comes from (Cognito)",
    "event_id": "The sign-in event (Cognito)",
    # GitLab and GitHub
    "namespace_path": "Group or user that owns the project (GitLab)",
    "project_path": "Project (GitLab)",
    "ref": "Branch or tag of the run",
    "sha": "Commit of the run",
    "repository": "Repository (GitHub)",
    "repository_owner": "Owner of the repository (GitHub)",
    "workflow": "Workflow of the run (GitHub)",
    "job_workflow_ref": "Workflow file of the job (GitHub)",
    "runner_environment": "Where the run takes place",
    "environment": "Deployment environment of the run",
}
