"""The fan-out of three as it is often written by hand: a client for each request, and `asyncio.gather`."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httpx
from fastapi import FastAPI

NAMES = ("setosa", "versicolor", "virginica")
URLS = {name: f"http://{os.environ[f'SERVICE_{name.upper()}']}/predict" for name in NAMES}

app = FastAPI()


@app.post("/predict")
async def predict(body: dict[str, Any]) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(ask(client, url, body) for url in URLS.values()))
    return dict(zip(URLS, answers, strict=True))


async def ask(client: httpx.AsyncClient, url: str, body: dict[str, Any]) -> Any:
    response = await client.post(url, json=body)
    response.raise_for_status()
    return response.json()
