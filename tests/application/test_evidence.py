"""Receiving and keeping a file, given only what that needs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments
from adapters.files.object_store import Objects
from adapters.files.thumbnails import Thumbnails, plain_png
from adapters.files.virus_scan import Scanner
from adapters.settings.settings import Settings
from application.evidence.receiving import INCOMING, KeepNeeds, ReceiveNeeds, keep, receive, upload_batch
from application.evidence.upload_refusal import UploadRefused
from domain.policy.evidence import Evidence
from tests.application.needs import only

OF = {"regime": "huojia", "unit": "housing", "uploaded_by": "wang"}


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


async def test_a_picture_is_checked_and_kept(database: Database, tmp_path: Path) -> None:
    settings = Settings.model_validate({"JIESU_DATA": tmp_path, "OBJECT_STORE_URL": tmp_path.as_uri()})
    objects = Objects(settings)
    receiving = only(ReceiveNeeds, objects=objects, scanner=Scanner(settings), thumbnails=Thumbnails())
    keeping = only(KeepNeeds, objects=objects, attachments=Attachments(database))
    limits = Evidence()
    async with upload_batch(receiving) as received:
        received.append(await receive(receiving, "../之前.txt", pieces(plain_png(64, 48, "dimgray")), limits))
        await keep(keeping, {"att-1": received[0]}, OF, at_most=limits.max_files)
        with pytest.raises(UploadRefused) as refused:
            await receive(receiving, "x.png", pieces(b"#!/bin/sh\n" * 100), limits)
    assert refused.value.code == "unsupported_type"
    kept = await keeping.attachments.get("att-1")
    assert kept.name.startswith("之前.") and not kept.name.endswith(".txt")
    assert await objects.exists(kept.object_key) and await objects.exists(kept.thumbnail_key)
    assert [found.key async for found in objects.list(INCOMING)] == []
