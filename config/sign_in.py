"""The ways to sign in, as the contract names them."""

from collections.abc import Iterable
from typing import Any


def security_schemes(floors: Iterable[str]) -> dict[str, Any]:
    """The security schemes of the OpenAPI document; each floor is a scope, and so is an operation id."""
    return {
        "ApiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Api-Key <key>",
        },
        "Session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "a person who signed in at the page /sign-in; a write shows Csrf too",
        },
        "Csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRFToken",
            "description": "the value of the cookie csrftoken, beside Session",
        },
        "Signature": {
            "type": "apiKey",
            "in": "header",
            "name": "Signature",
            "description": "RFC 9421, with Signature-Input and Content-Digest, beside the credential: docs/sign-in.md",
        },
        "OAuth2": {
            "type": "oauth2",
            "description": "Authorization: Bearer <token>, for the machines of an organisation",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/api/v1/oauth/token",
                    "scopes": {
                        "*": "all",
                        **dict.fromkeys(floors, "a floor; an operation id is a scope too"),
                    },
                }
            },
        },
    }
