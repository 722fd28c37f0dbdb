# The worker, the API and the migration are one image with different commands.
FROM python:3.12-slim AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements-production.lock .
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements-production.lock
COPY . .
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home jiesu && install --directory --owner jiesu --mode 0750 /data
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
USER jiesu
VOLUME /data
CMD ["jiesu", "--help"]
