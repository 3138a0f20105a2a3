# One image for every process of the platform; docker-compose.yml says which command each container runs.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends git tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 outbound \
    && useradd --create-home --uid 10001 --gid outbound outbound

WORKDIR /opt/outbound
COPY requirements.lock pyproject.toml README.md ./
RUN pip install --no-cache-dir uv \
    && uv venv --python python3.11 /opt/venv \
    && uv pip sync --python /opt/venv/bin/python --require-hashes requirements.lock
COPY . .
RUN uv pip install --python /opt/venv/bin/python --no-deps --no-build-isolation --editable . \
    && /opt/venv/bin/python -m reports.portal.vendor \
    && rm -rf .outbound \
    && mkdir -p /var/lib/outbound/zones \
    && chown outbound: /var/lib/outbound /var/lib/outbound/zones

ENV PATH=/opt/venv/bin:$PATH \
    OUTBOUND_HOME=/var/lib/outbound \
    AIRFLOW_HOME=/var/lib/outbound/airflow \
    PYTHONPATH=/opt/outbound/local/airflow_config
USER outbound
ENTRYPOINT ["tini", "--"]
CMD ["outbound", "--help"]
