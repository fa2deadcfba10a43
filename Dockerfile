# The service: docker build -t onrecord . && docker run --rm -p 127.0.0.1:8000:8000 -v "$PWD/runs/default/checkpoint:/model:ro" onrecord
# Flags that close it off, and a checkpoint of the hub instead of a mounted one: docs/deployment.md
FROM python:3.11-slim

COPY pyproject.toml constraints.txt README.md LICENSE /src/
COPY onrecord /src/onrecord
RUN pip install --no-cache-dir --disable-pip-version-check -c /src/constraints.txt '/src[serve,html,diary]' && rm -r /src
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin onrecord
USER 10001:10001

# Of a hub id what is fetched lies under /tmp, which is the one place to write in a read-only container.
ENV PYTHONDONTWRITEBYTECODE=1 HF_HOME=/tmp/huggingface

EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: a service that is busy refuses with 429 and must not be restarted for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["onrecord", "serve", "--host", "0.0.0.0", "--port", "8000"]
CMD ["--model", "/model"]
