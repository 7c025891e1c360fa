"""Whom TLS trusts (N1)."""

from __future__ import annotations

import ssl

import truststore

from my_app.errors import SettingsFault
from my_app.text import clean


def trusting(ca_bundle: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, trusting the PEM file ``ca_bundle``, or the system's store where it is empty. Raises SettingsFault."""
    context: ssl.SSLContext
    if not ca_bundle:
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        try:
            context = ssl.create_default_context(cafile=ca_bundle)
        except (OSError, ValueError):
            raise SettingsFault(
                f"The certificates in MY_APP_CA_BUNDLE cannot be read ({clean(ca_bundle, 80)}).",
                hint="Set it to a file of PEM certificates, or unset it to use the system's.",
            ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
