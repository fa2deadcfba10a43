# The service with its model: make wheels && docker build -t onrecord . && docker run --rm -p 127.0.0.1:8000:8000 onrecord
# Flags that close it off, and another checkpoint, mounted or of the hub: docs/deployment.md
FROM python:3.11-slim@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93

# Every file that is fetched is one whose digest is known: `make image-constraints` writes the list.
COPY constraints-image.txt dist/*.whl /src/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /src/constraints-image.txt \
    && pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps /src/*.whl \
    && rm -r /src
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin onrecord
USER 10001:10001

# Of a hub id what is fetched lies under /tmp, which is the one place to write in a read-only container.
ENV PYTHONDONTWRITEBYTECODE=1 HF_HOME=/tmp/huggingface

EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: a service that is busy refuses with 429 and must not be restarted for it. It is asked itself, not
# by way of a proxy that Docker may put into the environment.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["env", "no_proxy=127.0.0.1", "python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["onrecord", "serve", "--host", "0.0.0.0", "--port", "8000"]
