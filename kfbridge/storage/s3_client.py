"""How boto3 is set up: the endpoint, the session, the client."""

from __future__ import annotations

import os
from typing import Any, Final

from kfbridge.storage.base import Settings

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")  # boto3 reads them, too


def endpoint_of(settings: Settings) -> str:
    """The server, where it is not AWS's own; else empty."""
    return settings.endpoint_url or next(filter(None, map(os.environ.get, _ENDPOINTS)), "")


def session_of(settings: Settings) -> Any:
    """A session of boto3, which finds credentials and the region."""
    import boto3

    return boto3.Session(profile_name=settings.profile, region_name=settings.region or os.environ.get("AWS_REGION"))


def client_of(settings: Settings) -> Any:
    """A client of S3 that tries everything once, and adds no checksums that older servers do not know."""
    from botocore.config import Config

    session = session_of(settings)
    config = Config(
        retries={"total_max_attempts": 1},
        max_pool_connections=settings.parallel,
        connect_timeout=10,
        read_timeout=60,
        s3={"addressing_style": "path"} if endpoint_of(settings) else {},
        request_checksum_calculation="when_required",
    )
    return session.client(
        "s3", endpoint_url=settings.endpoint_url, region_name=session.region_name or "us-east-1", config=config
    )
